-- LiteLLM's proxy: code is the status as text, the words hold the names of its exceptions and those of the provider behind it.
flavour "litellm" {
    source = "LiteLLM proxy 1.108.7, run",
    date = "2026-11",
    aliases = { "litellm-proxy" },
    adapter = "openai",
    base_url = "http://127.0.0.1:4000/v1",
    errors = {
        { words = { "ContextWindowExceededError" }, class = "context_length" },
        { words = { "ContentPolicyViolationError" }, class = "content_policy" },
        { status = 429, words = { "exceeded your current quota", "insufficient_quota" }, class = "quota" },
        -- With 400 or 429, and with 401 from those of users and of models: docs.litellm.ai/docs/proxy/users, BerriAI/litellm#14144
        { words = { "Budget has been exceeded", "ExceededBudget", "BudgetExceededError", "exceeded budget for model=", "exceeded budget for deployment" }, class = "quota" },
        { status = 401, words = { "Budget has been exceeded", "ExceededBudget", "exceeded budget for model=", "exceeded budget for deployment" }, class = "quota" },
        { status = 401, type = { "budget_exceeded" }, class = "quota" },
        { type = { "budget_exceeded" }, class = "quota" },
        { status = 429, type = { "all_deployments_in_cooldown" }, class = "rate_limit" },
        { status = 400, words = { "There are no healthy deployments for this model", "Invalid model name passed in" }, class = "not_found" },
        { status = 400, type = { "no_db_connection" }, class = "auth" },
        -- Anthropic's 529, which it makes a 500: the words alone, since types stand in quotes
        { words = { "litellm.InternalServerError: AnthropicException - Overloaded", "litellm.InternalServerError: *\"Overloaded\"",
                    "litellm.InternalServerError: *'Overloaded'" }, class = "overloaded" },
        -- What it makes of another's error: the other's own words say more.
        { words = { "litellm.RateLimitError" }, weak = true, class = "rate_limit" },
        { words = { "litellm.Timeout" }, weak = true, class = "timeout" },
        { words = { "litellm.ServiceUnavailableError" }, weak = true, class = "overloaded" },
        { words = { "litellm.AuthenticationError" }, weak = true, class = "auth" },
        { words = { "litellm.NotFoundError" }, weak = true, class = "not_found" },
        { words = { "litellm.BadRequestError" }, class = "bad_request" },
        { words = { "litellm.APIConnectionError", "litellm.InternalServerError" }, class = "server" },
    },
    reset_headers = { "llm_provider-retry-after" },
}
