-- Pictures and songs beside words, for one team with one key: a picture is drawn step by step, a song is made in minutes, and what fails is
-- paid back, once. `yuzui run -c examples/studio/yuzui.lua`; `yuzui credit team --usd 20 -c …` lets the team spend. campaign.py beside it is what
-- the team does with that: a text, a picture and a tune, each step with what it cost.
--
-- Neither Midjourney nor Suno has a public interface: what stands here is a relay, whose prices are its own. Copy them from its page.

listen "127.0.0.1:8080"
admin  "127.0.0.1:8081"

local relay = env.RELAY_URL or "https://relay.example"

provider "words"    { adapter = "openai",     key = env "OPENAI_API_KEY", base_url = env.OPENAI_BASE_URL or nil }
provider "editor"   { adapter = "anthropic",  key = env "ANTHROPIC_API_KEY", base_url = env.ANTHROPIC_BASE_URL or nil }
provider "pictures" { adapter = "midjourney", key = env "RELAY_KEY", base_url = relay }
provider "songs"    { adapter = "suno",       key = env "RELAY_KEY", base_url = relay }

prices "words" { source = "https://openai.com/api/pricing", date = "2026-11-28", models = {
  { name = "gpt-5.2", input = 1.75, cached = 0.175, output = 14 },
} }
prices "editor" { source = "https://platform.claude.com/docs/en/pricing", date = "2026-11-28", models = {
  { name = "claude-opus-5-5", input = 4, cached = 0.2, cache_write_5m = 5, cache_write_1h = 8, output = 20 },
} }
prices "pictures" { source = "the relay's page", date = "2026-11-28", models = {
  { name = "mj_imagine", request = 0.1,
    also = { "mj_blend", "mj_edits", "mj_modal", "mj_zoom", "mj_inpaint", "mj_outpaint", "mj_pan", "mj_reroll", "mj_variation" } },
  { name = "mj_upscale", request = 0.05, also = { "mj_action", "mj_describe", "mj_shorten", "swap_face" } },
  { name = "mj_video", request = 0.8 },
} }
prices "songs" { source = "the relay's page", date = "2026-11-28", models = {
  { name = "suno_music", request = 0.1 }, { name = "suno_lyrics", request = 0.01 },
} }

model "gpt-5.2"     { "words" }
model "claude-opus-5-5" { "editor" }
model "mj_*"        { "pictures" } -- at the usual speed: mj_turbo_imagine and its like have no price here, so they are refused
model "swap_face"   { "pictures" }
model "suno_music"  { "songs" }
model "suno_lyrics" { "songs" }

key(env "TEAM_KEY") { name = "team", models = { "*" } }
ledger "sqlite" { path = env.LEDGER or "/var/lib/yuzui/studio.db" }

chain { auth {}, jobs {}, bill {}, fallback {}, retry {} }
