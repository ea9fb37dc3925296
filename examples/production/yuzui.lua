-- In service: TLS, two providers, a Redis that gateways share, and no key in this file. It belongs to /etc/yuzui/yuzui.lua, and what it reads
-- with env to /etc/yuzui/env (docs/operate.md is the way there).

listen ":443" { cert = "/etc/yuzui/tls/cert.pem", key = "/etc/yuzui/tls/key.pem" }
admin "127.0.0.1:8081" -- from this machine alone, and so without a token
provider "openai" { adapter = "openai", key = env "OPENAI_API_KEY" }
provider "anthropic" { adapter = "anthropic", key = env "ANTHROPIC_API_KEY" }
model "gpt-5.2" { "openai" }
model "claude-opus-4-6" { "anthropic" }
model "claude-*" { "anthropic" }
key(env "TEAM_KEY") { name = "team", models = { "*" } }
store "redis" {
  url = "rediss://redis.internal:6379", password = env "REDIS_PASSWORD",
  -- ca = "/etc/yuzui/tls/redis-ca.pem", -- where your own authority has signed its certificate
}
secret(env "YUZUI_SECRET")
chain {
  auth {},
  cache { store = "redis", ttl = "1h" },
  fallback { models = { ["gpt-5.2"] = "claude-opus-4-6" } },
  retry { attempts = 3 },
}
