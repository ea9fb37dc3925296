-- The models that people ask for first, of every family, each under its own name: those that are there, those that end, and those that have
-- ended, of which the catalogue (prices/*.lua) knows the day and what their seller says to use instead. README.md has the list.
--
--     export OPENAI_API_KEY=sk-… ANTHROPIC_API_KEY=sk-ant-… …        # those that you have: the others' models say that their key is missing
--     export CLIENT_KEY=sk-yz-of-yours
--     yuzui check examples/models/yuzui.lua                          # what ends, and when
--     yuzui run -c examples/models/yuzui.lua
--     yuzui credit team --usd 20 -c examples/models/yuzui.lua

listen "127.0.0.1:8080"
admin  "127.0.0.1:8081"

-- Each at its own service; the variables for addresses are for those who have another way to it.
provider "openai"    { flavour = "openai",    key = env "OPENAI_API_KEY",    base_url = env.OPENAI_BASE_URL or "https://api.openai.com/v1" }
provider "anthropic" { flavour = "anthropic", key = env "ANTHROPIC_API_KEY", base_url = env.ANTHROPIC_BASE_URL or "https://api.anthropic.com" }
provider "gemini"    { adapter = "gemini",    key = env "GEMINI_API_KEY",
                       base_url = env.GEMINI_BASE_URL or "https://generativelanguage.googleapis.com/v1beta" }
provider "kimi"      { flavour = "kimi",      key = env "MOONSHOT_API_KEY",  base_url = env.MOONSHOT_BASE_URL or "https://api.moonshot.ai/v1" }
provider "deepseek"  { flavour = "deepseek",  key = env "DEEPSEEK_API_KEY",  base_url = env.DEEPSEEK_BASE_URL or "https://api.deepseek.com/v1" }
provider "qwen"      { flavour = "qwen",      key = env "DASHSCOPE_API_KEY",
                       base_url = env.DASHSCOPE_BASE_URL or "https://dashscope-intl.aliyuncs.com/compatible-mode/v1" }

-- Films of Veo through Gemini's protocol, films through OpenAI's, pictures of Midjourney, songs of Suno: no vendor serves these protocols (any
-- more, or ever), so a relay does. Its prices are its own: copy them from its page.
local relay = env.RELAY_URL or "https://relay.example"
provider "veo"      { adapter = "gemini",     key = env "RELAY_KEY", base_url = relay .. "/v1beta" }
provider "films"    { adapter = "openai",     key = env "RELAY_KEY", base_url = relay .. "/v1" }
provider "pictures" { adapter = "midjourney", key = env "RELAY_KEY", base_url = relay }
provider "songs"    { adapter = "suno",       key = env "RELAY_KEY", base_url = relay }

prices "veo" { source = "the relay's page", date = "2026-11-28", models = {
  { name = "veo-3.1-generate-001", second = 0.4 }, { name = "veo-3.1-fast-generate-001", second = 0.15 },
} }
prices "films" { source = "the relay's page", date = "2026-11-28", models = { { name = "sora-2", second = 0.1 }, { name = "sora-2-pro", second = 0.3 } } }
prices "pictures" { source = "the relay's page", date = "2026-11-28", models = {
  { name = "mj_imagine", request = 0.1,
    also = { "mj_blend", "mj_edits", "mj_modal", "mj_zoom", "mj_inpaint", "mj_outpaint", "mj_pan", "mj_reroll", "mj_variation" } },
  { name = "mj_upscale", request = 0.05, also = { "mj_action", "mj_describe", "mj_shorten", "swap_face" } },
  { name = "mj_video", request = 0.8 },
} }
prices "songs" { source = "the relay's page", date = "2026-11-28", models = {
  { name = "suno_music", request = 0.1 }, { name = "suno_lyrics", request = 0.01 },
} }

local function served(provider, names)
  for _, name in ipairs(names) do model(name) { provider } end
end

served("openai", {
  "gpt-5.2", "gpt-5.2-pro",                                                         -- gpt-5.2-pro speaks Responses alone: chats are translated
  "gpt-5.6-sol", "gpt-5.6-terra", "gpt-5.6-luna", "gpt-6-sol", "gpt-6-luna", "gpt-6-astra", "gpt-6.1-sol", "gpt-6.1-terra",
  "gpt-5.3-codex", "gpt-5", "o3",                                                   -- they end in 2026 and 2027
  "gpt-4o", "gpt-4o-mini", "gpt-4.1", "gpt-4.1-mini", "gpt-4.1-nano",               -- likewise
  "gpt-4", "gpt-4-turbo", "gpt-5.2-chat-latest", "gpt-5.2-codex",                   -- ended
  "gpt-image-2", "gpt-image-1.5", "gpt-image-1-mini", "gpt-image-1",                -- the first is there, the next two end in these days
  "sora-2", "sora-2-pro",                                                           -- ended, with nothing in their place …
})
model "relay-sora-2"     { { "films", as = "sora-2" } }                             -- … but relays go on
model "relay-sora-2-pro" { { "films", as = "sora-2-pro" } }

served("anthropic", {
  "claude-opus-5-5", "claude-opus-5", "claude-sonnet-5-5", "claude-sonnet-5", "claude-haiku-5-5", "claude-fable-5-1",
  "claude-opus-4-6", "claude-sonnet-4-6", "claude-sonnet-4-5",                      -- the first is legacy, the last ends
})

served("gemini", {
  "gemini-4-argon", "gemini-3.8-flash", "gemini-3.1-pro-preview", "gemini-3-flash-preview", "gemini-3-pro-image",
  "gemini-3-pro-preview", "gemini-3-pro-image-preview",                             -- ended
  "veo-3.0-generate-001", "veo-3.0-fast-generate-001", "veo-3.1-generate-preview", "veo-3.1-fast-generate-preview", -- ended
})
served("veo", { "veo-3.1-generate-001", "veo-3.1-fast-generate-001" })

served("kimi", { "kimi-k2.5", "kimi-k2.6", "kimi-k2.7-code", "kimi-k3" })
served("deepseek", { "deepseek-flash", "deepseek-v4-pro", "deepseek-chat", "deepseek-reasoner" }) -- the last two are other names of the first
served("qwen", { "qwen-max", "qwen-plus", "qwen-turbo", "qwen3-max", "qwen3.7-max" })

model "mj_*"        { "pictures" }
model "swap_face"   { "pictures" }
model "suno_music"  { "songs" }
model "suno_lyrics" { "songs" }

ledger "sqlite" { path = env.LEDGER or "/var/lib/yuzui/models.db" }

-- Who asks for a model that has ended is told what to use instead …
key(env "CLIENT_KEY") { name = "team", models = { "*" } }
chain { auth {}, jobs {}, bill { account = "tenant" }, fallback {}, retry {} }

-- … and this key is sent there, where its seller names something.
key(env "LENIENT_KEY") { name = "lenient", tenant = "team", models = { "*" }, chain = "redirected" }
chain "redirected" { auth {}, jobs {}, bill { account = "tenant", ended = "redirect" }, fallback {}, retry {} }
