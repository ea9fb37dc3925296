-- one-api and new-api: their own errors are of type one_api_error or new_api_error, without a code.
flavour "one-api" {
    source = "one-api v0.6.11-alpha.22-1, run; new-api's source",
    date = "2026-11",
    aliases = { "new-api" },
    adapter = "openai",
    base_url = "http://127.0.0.1:3000/v1",
    errors = {
        { status = 401, words = { "额度已用尽", "额度不足", "quota is exhausted" }, class = "quota" },
        { words = { "额度不足", "额度已用尽", "user quota is not enough", "insufficient user quota" }, class = "quota" },
        { code = { "insufficient_user_quota", "pre_consume_token_quota_failed" }, class = "quota" },
        { status = 503, words = { "无可用渠道", "No available channel" }, class = "not_found" },
        { code = { "model_not_found", "get_channel_failed" }, class = "not_found" },
        { words = { "上游负载已饱和" }, class = "rate_limit" },
        { code = { "sensitive_words_detected" }, class = "content_policy" },
    },
}
