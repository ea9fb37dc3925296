-- /etc/yuzui/yuzui.lua: what the gateway serves. `yuzui check` says what is wrong with it, `systemctl reload yuzui` puts it in force; it is
-- also put in force when the file is saved, unless something is wrong. Keys stand in /etc/yuzui/env, one NAME=value a line.

listen "127.0.0.1:8080"

-- For other machines, with TLS; the files must be readable for the user yuzui, and are read again when they change:
-- listen ":443" { cert = "/etc/yuzui/tls/cert.pem", key = "/etc/yuzui/tls/key.pem" }

-- Reload, status, metrics, the console: for everybody on this machine. Of other machines a token is asked: admin ":8081" { token = env "ADMIN_TOKEN" }
admin "127.0.0.1:8081"

-- Who answers. Any server that speaks Chat Completions: adapter = "openai" and its base_url.
provider "openai" { adapter = "openai", key = env "OPENAI_API_KEY" }
provider "anthropic" { adapter = "anthropic", key = env "ANTHROPIC_API_KEY" }

-- What clients may ask for, and who serves it, in order of preference.
model "gpt-5.2" { "openai" }
model "claude-opus-4-6" { "anthropic" }

-- Who asks. A key of your own, for example from `openssl rand -hex 24`.
key(env "TEAM_KEY") { name = "team", models = { "*" } }

-- Answers that several gateways share; without it they are kept in memory.
-- store "redis" { url = "redis://127.0.0.1:6379", password = env "REDIS_PASSWORD" }
-- secret(env "YUZUI_SECRET")

-- What a request runs through. fallback: when every target of a model has failed, the other model is asked.
chain {
  auth {},
  cache { ttl = "1h", store = "memory" },
  fallback { models = { ["gpt-5.2"] = "claude-opus-4-6" } },
  retry { attempts = 3 },
}
