-- Google AI Studio, by its own dialect or by its OpenAI-compatible one.
flavour "gemini" {
    source = "https://ai.google.dev/gemini-api/docs/troubleshooting; https://ai.google.dev/api/generate-content#FinishReason",
    date = "2026-11",
    hosts = { "generativelanguage.googleapis.com", "aiplatform.googleapis.com", "*.aiplatform.googleapis.com" },
    errors = {
        { words = { "input token count*exceeds the maximum" }, class = "context_length" },
        { code = { "FAILED_PRECONDITION" }, words = { "billing" }, class = "quota" },
        { status = 429, words = { "please retry in " }, class = "rate_limit" }, -- a limit of a minute, in the words of an empty account
        { status = 429, words = { "check your plan and billing", "prepayment credits are depleted" }, class = "quota" },
        { status = 400, words = { "API key not valid", "API key expired" }, class = "auth" },
        { type = { "RESOURCE_EXHAUSTED" }, class = "rate_limit" },
        { code = { "RESOURCE_EXHAUSTED" }, class = "rate_limit" },
        { code = { "UNAVAILABLE" }, class = "overloaded" },
    },
    finish = { FINISH_REASON_UNSPECIFIED = "error", TOO_MANY_TOOL_CALLS = "error", MISSING_THOUGHT_SIGNATURE = "error", NO_IMAGE = "error" },
    catalogue = { -- ai.google.dev/gemini-api/docs/models (2026-11)
        { names = { "gemini-2.0-flash-thinking*" }, max_tokens = 65536 },
        { names = { "gemini-1.5-*", "gemini-2.0-*" }, max_tokens = 8192 },
        { names = { "gemini-2.5-flash-image*" }, max_tokens = 32768 },
        { names = { "gemini-2.5-*", "gemini-3*" }, max_tokens = 65536 },
    },
}
