-- tiers: what a client may have depends on its tier: a tag of its key.
--
--   key "sk-…" { name = "team", tags = { tier = "gold" } }
--   policy "policies/tiers.lua" { default = "gpt-5.2", on_error = "fail", store = "memory", options = { otherwise = "free", tiers = {
--     gold = { model = "claude-opus-4-6" },
--     free = { model = "kimi-k2.5", models = { "kimi-k2.5", "gpt-5.2" }, max_tokens = 1000, per_day = 200 },
--   } } }
--
-- `model` answers who asks for `auto` (or any name that is not configured), and who asks for a model that his `models` do not list; without
-- `model` the latter is refused. `max_tokens` bounds what may be asked for. `per_day` counts requests of a tenant, over all workers and
-- gateways that share the store; without a `store` it cannot count, and lets nobody through. The stages below find req.passed.tier.

options {
  tag = { type = "string", default = "tier", help = "the tag of a key that names its tier" },
  otherwise = { type = "string", default = "", help = "the tier of keys without one; refused, unless said" },
  tiers = {
    type = "map",
    of = {
      type = "table",
      fields = {
        model = { type = "model", help = "for auto, and instead of what the tier may not have" },
        models = { type = "list", of = { type = "string" }, help = "what it may ask for; all, unless said" },
        max_tokens = { type = "number", min = 1, help = "of an answer, at most" },
        per_day = { type = "number", min = 0, help = "requests of a tenant, from midnight to midnight UTC" },
      },
    },
    required = true,
    help = "the tiers, as in { gold = { model = \"claude-opus-4-6\" } }",
  },
}

local DAY = 86400

local function listed(models, name)
  for _, one in ipairs(models or { name }) do
    if one == name then
      return true
    end
  end
  return false
end

-- The model of the request, as its tier has it. An error, or nil.
local function choose(req, name, tier)
  if not req:known() then
    req.model = tier.model or req.model
  elseif not listed(tier.models, req.model) then
    if not tier.model then
      return { class = "model_not_allowed", message = ("The tier %s does not include %s."):format(name, req.model) }
    end
    req:because(("%s: %s instead of %s"):format(name, tier.model, req.model))
    req.model = tier.model
    return nil
  end
  req:because(name)
end

-- Each dialect has its name for the length of an answer; a request has it under one of them, or gets one.
local function bound(req, most)
  local config = req:get("generationConfig")
  if config or req:get("contents") then
    config = config or {}
    config.maxOutputTokens = math.min(tonumber(config.maxOutputTokens) or most, most)
    req:set("generationConfig", config)
    return
  end
  local said = false
  for _, name in ipairs { "max_tokens", "max_completion_tokens", "max_output_tokens" } do
    local asked = tonumber(req:get(name))
    said = said or asked ~= nil
    if asked and asked > most then
      req:set(name, most)
    end
  end
  if not said then
    req:set(req:get("input") and "max_output_tokens" or "max_tokens", most)
  end
end

-- Counts this request. An error, or nil.
local function count(most)
  local now = time.now()
  local left = DAY - now % DAY
  local n, why = store.add("day " .. math.floor(now / DAY), 1, left + 60)
  if not n then
    return { class = "unavailable", message = "Requests cannot be counted now: " .. why .. "." }
  elseif n > most then
    return { class = "rate_limited", message = ("All %d requests of today are used up."):format(most), retry_after = left }
  end
end

return function(req, next)
  local options = req.options
  local name = req.key and req.key.tags[options.tag] or options.otherwise
  local tier = options.tiers[name]
  if not tier then
    return nil, { class = "model_not_allowed", message = "This key belongs to no tier that is served here." }
  end
  local err = choose(req, name, tier)
  if not err and tier.per_day then
    err = count(tier.per_day)
  end
  if err then
    return nil, err
  end
  if tier.max_tokens then
    bound(req, tier.max_tokens)
  end
  req:pass("tier", name)
  return next(req)
end
