local ROUTES = {
  billing = { model = "kimi-k2.5", like = { "where is my invoice", "why was I charged twice" } },
  code = { model = "claude-opus-4-6", like = { "why does this crash" } },
}
local KNOWN = {
  ["where is my invoice"] = { 1, 0, 0 },
  ["why was I charged twice"] = { 0.9, 0.1, 0 },
  ["why does this crash"] = { 0, 2, 0 },
  ["my bill is wrong"] = { 8, 1, 1 },
  ["segfault!"] = { 0.1, 3, 0 },
  ["hello"] = { 0, 0, 1 },
}
local MODELS = { "claude-opus-4-6", "embed", "gpt-5.2", "kimi-k2.5" }

-- Plays an embedding model that knows these texts, and remembers what it was asked.
local function embeddings(asked, failure)
  return function(request)
    if request.model ~= "embed" then
      return { text = "ok" }
    end
    local texts = type(request.input) == "table" and request.input or { request.input }
    asked[#asked + 1] = texts
    if failure then
      return failure
    end
    local vectors = {}
    for i, text in ipairs(texts) do
      vectors[i] = KNOWN[text]
    end
    return { vectors = vectors }
  end
end

local function route(question, more, asked, failure, model)
  local options = { embedding = "embed", routes = ROUTES }
  for name, value in pairs(more or {}) do
    options[name] = value
  end
  local world = { default = "gpt-5.2", models = MODELS, options = options }
  return run("by-example.lua", { model = model or "auto", messages = question }, embeddings(asked or {}, failure), world)
end

test("the route of the nearest example", function()
  local asked = {}
  local r = route("my bill is wrong", nil, asked)
  equal(r.model, "kimi-k2.5")
  equal(r.reason, "billing 0.99")
  equal(#asked[1] + #asked[2], 4) -- the three examples, and the question
  equal(route("segfault!").model, "claude-opus-4-6")
end)

test("like none of them goes on as it came", function()
  local r = route("hello")
  equal(r.model, "gpt-5.2")
  equal(r.reason, "like none, 0.00")
  equal(route("my bill is wrong", { threshold = 0.999 }).model, "gpt-5.2")
end)

test("vectors that do not come hold nobody up", function()
  local r = route("my bill is wrong", nil, {}, { error = "upstream_overloaded" })
  equal(r.model, "gpt-5.2")
  equal(r.reason, "no vectors")
  r = route("my bill is wrong", { timeout = 100 }, {}, { vectors = { { 1 } }, after = 60000 })
  equal(r.reason, "no vectors")
  equal(r.ms, 100)
end)

test("vectors of another length are no answer to compare", function()
  local r = route("my bill is wrong", nil, {}, { vectors = { { 1 }, { 1, 0 }, { 1, 0, 0 } } })
  equal(r.model, "gpt-5.2")
  equal(r.reason, "no vectors")
end)

test("a client that names a model keeps it, unless told otherwise", function()
  equal(route("my bill is wrong", nil, nil, nil, "gpt-5.2").model, "gpt-5.2")
  equal(route("my bill is wrong", { always = true }, nil, nil, "gpt-5.2").model, "kimi-k2.5")
end)
