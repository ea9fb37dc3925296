-- Google AI Studio, by its own dialect or by its OpenAI-compatible one.
flavour "gemini" {
    source = "https://ai.google.dev/gemini-api/docs/troubleshooting; https://ai.google.dev/api/generate-content#FinishReason",
    date = "2026-11",
    aliases = { "google", "google-ai", "google-gemini", "ai-studio", "vertex", "vertexai", "gcp", "palm" },
    keys = { "AIza" },
    addresses = { openai = "https://generativelanguage.googleapis.com/v1beta/openai" }, -- ai.google.dev/gemini-api/docs/openai
    hosts = { "generativelanguage.googleapis.com", "aiplatform.googleapis.com", "*.aiplatform.googleapis.com" },
    errors = {
        { words = { "input token count*exceeds the maximum", "but model only supports up to" }, class = "context_length" },
        { type = { "FAILED_PRECONDITION" }, words = { "billing" }, class = "quota" },
        { type = { "FAILED_PRECONDITION" }, words = { "location is not supported" }, class = "auth" }, -- the operator's to mend
        { words = { "contains sensitive words that violate", "contains blocked content" }, class = "content_policy" },
        -- the account has none of this model, and will not have any when the wait is over that is named all the same
        { status = 429, words = { "exceeded your current quota*limit: 0,", "exceeded your current quota*limit: 0\n" }, class = "quota" },
        -- a limit of a minute, in the words of an empty account
        { status = 429, words = { "please retry in " }, class = "rate_limit" },
        { status = 429, type = { "RESOURCE_EXHAUSTED" }, wait = true, class = "rate_limit" },
        { status = 429, words = { "check your plan and billing", "prepayment credits are depleted", "monthly spending cap" }, class = "quota" },
        { status = 400, words = { "API key not valid", "API key expired" }, class = "auth" },
        { type = { "RESOURCE_EXHAUSTED" }, class = "rate_limit" },
        { type = { "UNAVAILABLE" }, class = "overloaded" },
    },
    finish = { FINISH_REASON_UNSPECIFIED = "error", TOO_MANY_TOOL_CALLS = "error", MISSING_THOUGHT_SIGNATURE = "error", NO_IMAGE = "error" },
    catalogue = {
        -- "BatchEmbedContentsRequest.requests: at most 100 requests can be in one batch" (geldata/gel#9032, vercel/ai#16575; 2026-07)
        { names = { "gemini-embedding-*", "text-embedding-00*" }, embed_inputs = 100 },
        -- ai.google.dev/gemini-api/docs/models (2026-11)
        { names = { "gemini-2.0-flash-thinking*" }, max_tokens = 65536 },
        { names = { "gemini-1.5-*", "gemini-2.0-*" }, max_tokens = 8192 },
        { names = { "gemini-2.5-flash-image*" }, max_tokens = 32768 },
        { names = { "gemini-2.5-*", "gemini-3*" }, max_tokens = 65536 },
    },
}
