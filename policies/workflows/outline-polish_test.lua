local MODELS = { "claude-opus-4-6", "gpt-5.2", "kimi-k2.5" }

local function write(fake, options)
  local request = { model = "workflow/outline-polish", messages = "An essay about rivers" }
  return run("outline-polish.lua", request, fake, { models = MODELS, workflow = "workflow/outline-polish", options = options })
end

local function usual(request)
  local said = request.messages[1].content
  if request.model == "claude-opus-4-6" then
    return { text = "1. Springs\n- Fords\n\nSeas\n" }
  elseif request.model == "kimi-k2.5" then
    return { text = "about " .. said:match("nothing else: (.+)$") }
  end
  return { text = "polished" }
end

test("outline, sections, polish", function()
  local r = write(usual)
  equal(r.text, "polished")
  equal(#r.calls, 5)
  equal(r.reason, "3 sections, 0 again")
  equal(r.request.messages[1].content:find("about Springs\n\nabout Fords\n\nabout Seas", 1, true) ~= nil, true)
end)

test("no more sections than are allowed", function()
  equal(#write(usual, { sections = 2 }).calls, 4)
end)

test("a section that fails is asked for again, elsewhere", function()
  local r = write(function(request)
    if request.model == "kimi-k2.5" and request.messages[1].content:find("nothing else: Fords", 1, true) then
      return { error = "upstream_overloaded" }
    end
    return usual(request)
  end)
  equal(r.text, "polished")
  equal(r.reason, "3 sections, 1 again")
  r = write(function(request)
    return request.model == "claude-opus-4-6" and usual(request) or { error = "upstream_overloaded" }
  end)
  equal(r.error.class, "upstream_overloaded")
end)
