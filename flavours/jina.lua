flavour "jina" {
    source = "https://api.jina.ai/redoc; answers of its API (langgenius/dify-official-plugins#1997)",
    date = "2026-11",
    adapter = "openai",
    base_url = "https://api.jina.ai/v1",
    hosts = { "api.jina.ai" },
    errors = {},
    catalogue = { -- "Each input list can contain at most 512 items."
        { names = { "jina-embeddings-*", "jina-clip-*", "jina-code-embeddings-*" }, embed_inputs = 512 },
    },
}
