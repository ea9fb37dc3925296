local MONDAY = 1767571200 -- 5 January 2026, 0:00 UTC

local function at(day, hour, windows, zone, model)
  local config = { now = MONDAY + day * 86400 + math.floor(hour * 3600), options = { windows = windows, zone = zone } }
  return run("time-of-day.lua", { model = model or "gpt-5.2", messages = "hello" }, nil, config)
end

local NIGHT = { { from = 22, to = 6, model = "kimi-k2.5" } }

test("inside of a window the other model answers", function()
  local r = at(0, 23, NIGHT)
  equal(r.model, "kimi-k2.5")
  equal(r.reason, "22:00 to 6:00")
  equal(at(1, 5.9, NIGHT).model, "kimi-k2.5")
  equal(at(1, 6, NIGHT).model, "gpt-5.2")
  equal(at(1, 21.9, NIGHT).model, "gpt-5.2")
end)

test("hours are those of the zone", function()
  equal(at(0, 15, NIGHT, 8).model, "kimi-k2.5")
  equal(at(0, 23, NIGHT, 8).model, "gpt-5.2")
  equal(at(0, 16.75, { { from = 22.25, to = 22.5, model = "kimi-k2.5" } }, 5.5).model, "kimi-k2.5")
end)

test("a night belongs to the day it began on", function()
  local saturday = { { from = 22, to = 6, days = { 6 }, model = "kimi-k2.5" } }
  equal(at(5, 23, saturday).model, "kimi-k2.5")
  equal(at(6, 3, saturday).model, "kimi-k2.5")
  equal(at(6, 23, saturday).model, "gpt-5.2")
  equal(at(5, 3, saturday).model, "gpt-5.2")
  equal(at(0, 3, { { from = 22, to = 6, days = { 7 }, model = "kimi-k2.5" } }).model, "kimi-k2.5")
end)

test("one model instead of another; the first window decides", function()
  local windows = { { from = 0, to = 12, instead = { ["gpt-5.2"] = "kimi-k2.5" } }, { from = 0, to = 24, model = "claude-opus-4-6" } }
  equal(at(0, 1, windows).model, "kimi-k2.5")
  equal(at(0, 1, windows, 0, "claude-opus-4-6").model, "claude-opus-4-6")
  equal(at(0, 13, windows).model, "claude-opus-4-6")
end)

test("an hour that there is not is refused", function()
  local ok, why = pcall(at, 0, 1, { { from = 0, to = 25, model = "kimi-k2.5" } })
  equal(ok, false)
  equal(why:find("windows.1.to", 1, true) ~= nil, true)
end)
