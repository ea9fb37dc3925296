local REGIONS = { eu = { "test", "mistral" }, us = { "openai" } }

local function asked(region, more)
  local config = more or {}
  config.on_error = "fail"
  config.key = { name = "team", tags = { region = region } }
  config.options = config.options or { regions = REGIONS }
  return run("residency.lua", { model = "gpt-5.2", messages = "hello" }, nil, config)
end

test("a region's providers are asked", function()
  local r = asked("eu")
  equal(r.model, "gpt-5.2")
  equal(r.reason, "eu")
end)

test("a model that none of them serves is not", function()
  local r = asked("us") -- the only provider of these tests is called "test"
  equal(r.error ~= nil, true)
  equal(#r.calls, 0)
end)

test("no region, no answer; or the one that is for all others", function()
  equal(asked("mars").error.class, "model_not_allowed")
  equal(asked(nil, { options = { regions = REGIONS, otherwise = "eu" } }).reason, "eu")
end)
