-- by-example: the model by what a question is like: each route lists a few questions that belong to it.
--
--   policy "policies/by-example.lua" { default = "gpt-5.2", options = { embedding = "text-embedding-3-small", routes = {
--     billing = { model = "kimi-k2.5", like = { "why was I charged twice", "where is my invoice", "我的发票在哪里" } },
--     code = { model = "claude-opus-4-6", like = { "why does this function crash", "write a test for this class" } },
--   } } }
--
-- What is near is what means the same, in any language that the embedding model knows: no word has to be shared, and nothing is trained. The
-- examples' vectors are asked for once in each worker, a question's each time: that is one call more, of `timeout` ms at most, and it is in the
-- request's record and cost. Where it fails, or nothing is nearer than `threshold`, the request goes on as it came. As in by-question, a
-- client that names a configured model keeps it, unless `always` says otherwise.

options {
  embedding = { type = "model", required = true, help = "the model that makes vectors" },
  routes = {
    type = "map",
    of = {
      type = "table",
      fields = {
        model = { type = "model", required = true, help = "who answers" },
        like = { type = "list", of = { type = "string" }, required = true, help = "questions that belong here" },
      },
    },
    required = true,
    help = "the routes, as in { billing = { model = \"kimi-k2.5\", like = { \"where is my invoice\" } } }",
  },
  threshold = { type = "number", default = 0.5, min = -1, max = 1, help = "how near the nearest example must be; find yours by the reasons in the log" },
  timeout = { type = "number", default = 1000, min = 1, help = "milliseconds for the vectors" },
  always = { type = "boolean", default = false, help = "route also what names a model that is configured" },
}

local BATCH = 64 -- texts in one question
local LOOKED_AT = 4000 -- bytes
local PAUSE = 10000 -- ms, before vectors that did not come are asked for again

local vectors = {} -- of examples, by model and text
local paused = 0 -- until then

local function key(options, text)
  return options.embedding .. "\n" .. text
end

-- The examples whose vectors are not known.
local function unknown(options)
  local texts, seen = {}, {}
  for _, route in pairs(options.routes) do
    for _, text in ipairs(route.like) do
      if not vectors[key(options, text)] and not seen[text] then
        seen[text] = true
        texts[#texts + 1] = text
      end
    end
  end
  return texts
end

local function embed(options, text)
  return llm.embed { model = options.embedding, text = text, timeout = options.timeout, step = "embedding" }
end

-- Asks for them. True: they are known now.
local function learn(options, texts)
  for from = 1, #texts, BATCH do
    local batch = {}
    for i = from, math.min(from + BATCH - 1, #texts) do
      batch[#batch + 1] = texts[i]
    end
    local found = embed(options, batch)
    if not found then
      return false
    end
    for i, text in ipairs(batch) do
      vectors[key(options, text)] = found[i]
    end
  end
  return true
end

-- The route whose nearest example is nearest, and how near that is. Nil: they are not of one model any more, and are asked for anew.
local function nearest(options, vector)
  local best, most
  for name, route in pairs(options.routes) do
    for _, text in ipairs(route.like) do
      local known = vectors[key(options, text)]
      if #known ~= #vector then
        vectors = {}
        return nil
      end
      local near = vector:near(known)
      if not best or near > most or (near == most and name < best) then
        best, most = name, near
      end
    end
  end
  return best, most
end

local function vector_of(options, question)
  if time.monotonic() < paused then
    return nil
  end
  local vector = learn(options, unknown(options)) and embed(options, question) or nil
  if not vector then
    paused = time.monotonic() + PAUSE
  end
  return vector
end

return function(req, next)
  local options = req.options
  local question = utf8.cut(req:question(), LOOKED_AT)
  if question == "" or (req:known() and not options.always) then
    return next(req)
  end
  local vector = vector_of(options, question)
  local name, near
  if vector then
    name, near = nearest(options, vector)
  end
  if not name then
    req:because("no vectors")
  elseif near >= options.threshold then
    req.model = options.routes[name].model
    req:because(("%s %.2f"):format(name, near))
  else
    req:because(("like none, %.2f"):format(near))
  end
  return next(req)
end
