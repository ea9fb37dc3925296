-- time-of-day: other models at other hours: cheaper ones at night, a provider whose prices fall at given hours, one that is slow at noon.
--
--   policy "policies/time-of-day.lua" { options = { zone = 8, windows = {
--     { from = 0.5, to = 8.5, instead = { ["gpt-5.2"] = "deepseek-v3" } },          -- 0:30 to 8:30, each day
--     { from = 22, to = 6, days = { 6, 7 }, model = "kimi-k2.5" },                   -- Saturday and Sunday nights, all that is asked
--   } } }
--
-- Hours are those of `zone` (hours east of UTC; 5.5 is India); one that is not yet over at midnight belongs to the day it began on. The
-- first window that holds the moment decides; outside of all, requests go on as they came.

options {
  zone = { type = "number", default = 0, min = -12, max = 14, help = "hours east of UTC" },
  windows = {
    type = "list",
    of = {
      type = "table",
      fields = {
        from = { type = "number", required = true, min = 0, max = 24, help = "hour it begins, as in 8.5" },
        to = { type = "number", required = true, min = 0, max = 24, help = "hour it ends" },
        days = { type = "list", of = { type = "number", min = 1, max = 7 }, help = "1 is Monday; all, unless said" },
        model = { type = "model", help = "what everybody gets" },
        instead = { type = "map", of = { type = "model" }, help = "model asked for = model that answers" },
      },
    },
    required = true,
    help = "when what is asked instead",
  },
}

local function on(days, day)
  for _, one in ipairs(days or { day }) do
    if one == day then
      return true
    end
  end
  return false
end

local function holds(window, day, hour)
  if window.from < window.to then
    return hour >= window.from and hour < window.to and on(window.days, day)
  end
  local before = day == 1 and 7 or day - 1
  return (hour >= window.from and on(window.days, day)) or (hour < window.to and on(window.days, before))
end

local function clock(hour)
  return ("%d:%02d"):format(math.floor(hour), math.floor(hour % 1 * 60 + 0.5))
end

return function(req, next)
  local now = time.utc(time.now() + req.options.zone * 3600)
  local day, hour = now.wday == 1 and 7 or now.wday - 1, now.hour + now.min / 60
  for _, window in ipairs(req.options.windows) do
    if holds(window, day, hour) then
      local model = window.instead and window.instead[req.model] or window.model
      if model and model ~= req.model then
        req.model = model
        req:because(clock(window.from) .. " to " .. clock(window.to))
      end
      return next(req)
    end
  end
  return next(req)
end
