-- The quick start: `./dev run` serves this file.
--
-- A provider whose key is in the environment is real. Where only some keys are set, those providers answer for all models; with
-- none, the bundled demo provider does, without a network.

listen "127.0.0.1:8080"
admin  "127.0.0.1:8081" -- reload, status, metrics, the console: for everybody on this machine, without a token; for other machines only with one

local accounts = {
  { name = "openai",    adapter = "openai",    key = "OPENAI_API_KEY",    base_url = env.OPENAI_BASE_URL,    model = "gpt-5.2" },
  { name = "anthropic", adapter = "anthropic", key = "ANTHROPIC_API_KEY", base_url = env.ANTHROPIC_BASE_URL, model = "claude-opus-4-6" },
  { name = "moonshot",  flavour = "kimi",      key = "MOONSHOT_API_KEY",  model = "kimi-k2.5",
    base_url = env.MOONSHOT_BASE_URL or "https://api.moonshot.cn/v1" },
}

local real = {}
for _, account in ipairs(accounts) do
  if env[account.key] then
    provider(account.name) { adapter = account.adapter, flavour = account.flavour, key = env(account.key), base_url = account.base_url }
    table.insert(real, account)
  end
end
if #real == 0 then
  provider "demo" { adapter = "demo" }
end

-- The targets of a model: the account that is made for it, then the others under their own model's name.
local function targets(wanted)
  local list = {}
  for _, account in ipairs(real) do
    if account.model == wanted then
      table.insert(list, 1, account.name)
    else
      table.insert(list, { account.name, as = account.model })
    end
  end
  return #list > 0 and list or { "demo" }
end

for _, account in ipairs(accounts) do
  model(account.model)(targets(account.model))
end

-- Clients use this key. Make your own, keep it in the environment, and say key(env "TEAM_KEY") { name = "team" }.
key "sk-yz-demo" { name = "demo", models = { "*" } }

-- What every request runs through. The policy looks at the question and picks the model; ask for "auto" to leave it to the policy.
chain {
  auth {},
  policy "../../policies/by-question.lua" { default = "gpt-5.2" },
  cache { ttl = "1h", store = "memory" },
  fallback {},
  retry { attempts = 3 },
}
