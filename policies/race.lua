-- race: several models are asked, the first to answer is heard; the others are cancelled at once.
--
--   policy "policies/race.lua" { default = "gpt-5.2", options = { models = { "gpt-5.2", "claude-opus-4-6" }, head_start = 1500 } }
--
-- The first of `models` is asked at once, each further one `head_start` ms later if nobody has begun to answer by then, or as soon as all
-- before it have failed. Head starts keep a race cheap: what a loser was asked is paid for, its answer hardly. It is for `auto` (or any
-- name that is not configured); `always` makes it decide for all.

options {
  models = { type = "list", of = { type = "model" }, default = { "gpt-5.2", "claude-opus-4-6" }, help = "who runs, the favourite first" },
  head_start = { type = "number", default = 1500, min = 0, max = 600000, help = "ms before the next one is asked as well" },
  always = { type = "boolean", default = false, help = "also what names a model that is configured" },
}

return function(req, next)
  local options = req.options
  if req:known() and not options.always then
    return next(req)
  end
  local running, err = {}, nil
  for i, model in ipairs(options.models) do
    req.model = model
    running[#running + 1] = next.start(req)
    local response
    response, err = next.first(running, i < #options.models and options.head_start or nil)
    if response then
      req:because(("%s of %d"):format(response.model, i))
      return response
    elseif err.class ~= "waiting" then
      running = {} -- all of them have failed: the next one need not wait
    end
  end
  return nil, err
end
