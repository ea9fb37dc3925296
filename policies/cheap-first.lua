-- cheap-first: a cascade. A cheap model answers; when it is not up to it, a better one is asked.
--
--   policy "policies/cheap-first.lua" { options = { cheap = "kimi-k2.5", better = "claude-opus-4-6", patience = 8000 } }
--
-- "Not up to it" is what can be seen before the first word: it failed, or said nothing for `patience` milliseconds (then both run, and
-- the first to answer wins). Judging the words would mean to hold the stream back; use llm.chat for that.

options {
  cheap = { type = "model", default = "kimi-k2.5", help = "is asked first" },
  better = { type = "model", default = "claude-opus-4-6", help = "is asked when the cheap one fails or is slow" },
  patience = { type = "number", default = 8000, min = 1, max = 600000, help = "milliseconds until the better one is asked as well" },
}

return function(req, next)
  local options = req.options
  req.model = options.cheap
  local cheap = next.start(req)
  local response, err = cheap:wait(options.patience)
  if response then
    req:because("cheap")
    return response
  end
  req.model = options.better
  if err.class ~= "waiting" then
    req:because("cheap failed")
    return next(req)
  end
  req:because("cheap is slow")
  return next.first { cheap, next.start(req) }
end
