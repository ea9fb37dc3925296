flavour "voyage" {
    source = "https://docs.voyageai.com/reference/embeddings-api; https://docs.voyageai.com/reference/reranker-api",
    date = "2026-11",
    adapter = "openai",
    base_url = "https://api.voyageai.com/v1",
    hosts = { "api.voyageai.com" },
    host_options = { rerank_form = "voyage", embeddings_form = "voyage" },
    errors = {},
    -- 1,000 texts, and tokens by the model: 1M of the light ones, 320K, 120K of the large and the special ones
    catalogue = {
        { names = { "voyage-*-lite", "voyage-*.5-lite" }, embed_inputs = 1000, embed_tokens = 1000000 },
        { names = { "voyage-*-large", "voyage-code-*", "voyage-finance-*", "voyage-law-*", "voyage-multilingual-*" }, embed_inputs = 1000, embed_tokens = 120000 },
        { names = { "voyage-*" }, embed_inputs = 1000, embed_tokens = 320000 },
    },
}
