-- fastest: of several models the one that has begun to answer soonest, lately.
--
--   policy "policies/fastest.lua" { default = "gpt-5.2", store = "memory", options = { models = { "gpt-5.2", "kimi-k2.5" } } }
--
-- The time until an answer begins is kept for each model in the store, as a mean that moves by a fifth with each answer, and forgotten after
-- `forget` seconds without one. A model of which nothing is known is tried first: so one that was slow gets another chance then, and that is
-- all the exploring there is. A failure counts as a minute, and the next fastest is asked.

options {
  models = { type = "list", of = { type = "model" }, default = { "gpt-5.2", "claude-opus-4-6" }, help = "who may answer, at most eight" },
  forget = { type = "number", default = 120, min = 1, max = 86400, help = "seconds" },
  always = { type = "boolean", default = false, help = "also what names a model that is configured" },
}

local MOST, FAILED, WEIGHT = 8, 60000, 0.2

local function learn(model, before, ms, forget)
  local mean = before and before + WEIGHT * (ms - before) or ms
  store.put("ms " .. model, ("%.0f"):format(mean), forget)
end

return function(req, next)
  local options = req.options
  if req:known() and not options.always then
    return next(req)
  end
  local known, order = {}, {}
  for i = 1, math.min(#options.models, MOST) do
    local model = options.models[i]
    known[model] = tonumber(store.get("ms " .. model) or "")
    order[i] = { model = model, ms = known[model] or -1, place = i }
  end
  table.sort(order, function(a, b)
    return a.ms < b.ms or a.ms == b.ms and a.place < b.place
  end)
  local response, err
  for _, one in ipairs(order) do
    req.model = one.model
    local began = time.monotonic()
    response, err = next(req)
    if response then
      learn(one.model, known[one.model], time.monotonic() - began, options.forget)
      req:because(known[one.model] and ("%s, %.0f ms lately"):format(one.model, known[one.model]) or one.model .. ", nothing known")
      return response
    elseif err.class == "bad_request" or err.class == "content_policy" or err.class == "context_length_exceeded" then
      return nil, err -- the request's own fault says nothing of the model
    end
    learn(one.model, nil, FAILED, options.forget)
  end
  return nil, err
end
