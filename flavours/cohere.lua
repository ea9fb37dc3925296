-- Its OpenAI-compatible address: chats and embeddings. Rankings are at another: flavour "cohere-rerank".
flavour "cohere" {
    source = "https://docs.cohere.com/docs/compatibility-api; https://docs.cohere.com/reference/embed",
    date = "2026-11",
    adapter = "openai",
    base_url = "https://api.cohere.ai/compatibility/v1",
    hosts = { "api.cohere.ai" },
    errors = {},
    catalogue = { { names = { "embed-*" }, embed_inputs = 96 } },
}
