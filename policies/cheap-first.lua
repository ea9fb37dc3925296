-- cheap-first: a cascade. A cheap model answers; when it is not up to it, a better one is asked.
--
--   policy "policies/cheap-first.lua" { options = { cheap = "kimi-k2.5", better = "claude-opus-4-6", patience = "8000" } }
--
-- "Not up to it" is what can be seen before the first word: it failed, or said nothing for `patience` milliseconds (then both run, and
-- the first to answer wins). Judging the words would mean to hold the stream back; use llm.chat for that.

return function(req, next)
  local options = req.options
  req.model = options.cheap or "kimi-k2.5"
  local cheap = next.start(req)
  local response, err = cheap:wait(tonumber(options.patience) or 8000)
  if response then
    req:because("cheap")
    return response
  end
  req.model = options.better or "claude-opus-4-6"
  if err.class ~= "waiting" then
    req:because("cheap failed")
    return next(req)
  end
  req:because("cheap is slow")
  return next.first { cheap, next.start(req) }
end
