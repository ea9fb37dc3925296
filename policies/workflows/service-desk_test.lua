local MODELS = { "kimi-k2.5", "gemini-3-flash", "gpt-5.2" }

local function desk(fake, more)
  local config = more or {}
  config.models, config.workflow = MODELS, "workflow/service-desk"
  config.options = config.options or { handbook = "Returns within 30 days." }
  local request = { model = "workflow/service-desk", messages = "Where is my parcel?!" }
  return run("service-desk.lua", request, fake, config)
end

local function usual(request)
  if request.model == "kimi-k2.5" then
    return { text = "Returns within 30 days." }
  elseif request.model == "gemini-3-flash" then
    return { text = "Angry." }
  end
  return { text = "We are sorry." }
end

test("three models are asked, and the writer has what the others found", function()
  local r = desk(usual)
  equal(r.text, "We are sorry.")
  equal(r.model, "gpt-5.2")
  equal(#r.calls, 3)
  equal(r.reason, "found, angry")
  local system = r.request.messages[1].content
  equal(system:find("Returns within 30 days.", 1, true) ~= nil, true)
  equal(system:find("say sorry first", 1, true) ~= nil, true)
  equal(r.request.messages[2].content, "Where is my parcel?!")
end)

test("the look-up and the mood run at the same time", function()
  local r = desk(function(request)
    local answer = usual(request)
    answer.after = 1000
    return answer
  end)
  equal(r.ms, 2000)
end)

test("one that fails, and one that is slow, are done without", function()
  local r = desk(function(request)
    if request.model == "kimi-k2.5" then
      return { error = "upstream_overloaded" }
    elseif request.model == "gemini-3-flash" then
      return { text = "sad", after = 60000 }
    end
    return usual(request)
  end, { options = { patience = 2000 } })
  equal(r.text, "We are sorry.")
  equal(r.reason, "not looked up, mood unknown")
  equal(r.ms, 2000)
  equal(r.request.messages[1].content:find("offer to call back", 1, true) ~= nil, true)
end)

test("the writer's failure is the client's", function()
  local r = desk(function(request)
    return request.model == "gpt-5.2" and { error = "rate_limited", retry_after = 3 } or usual(request)
  end)
  equal(r.error.class, "rate_limited")
  equal(r.error.retry_after, 3)
end)

test("pictures go to the writer alone", function()
  local parts = { { role = "user", content = { { type = "image_url", image_url = { url = "https://example.com/a.png" } } } } }
  local r = run("service-desk.lua", { model = "workflow/service-desk", messages = parts }, usual,
    { models = MODELS, workflow = "workflow/service-desk" })
  equal(r.model, "gpt-5.2")
  equal(#r.calls, 1)
end)

test("requests for other models pass it by", function()
  local r = run("service-desk.lua", { model = "kimi-k2.5", messages = "hello" }, usual, { models = MODELS, workflow = "workflow/service-desk" })
  equal(r.model, "kimi-k2.5")
  equal(#r.calls, 1)
end)
