-- yuzui.conversation: what was said so far, in one form whatever dialect the client speaks.
--
--   conversation.of(req)     -> { { role = "system" | "user" | "assistant", content = "…" }, … }, as llm.chat takes it; nil: it holds more than
--                               words (pictures, files, calls of tools), which another model may not be able to read
--   conversation.gives(req, name, …) -> does the request say anything in one of these fields?

local ONLY_WORDS = { text = true, input_text = true, output_text = true, message = true }

local function plain(value)
  if type(value) ~= "table" then
    return true
  end
  if value.type and not ONLY_WORDS[value.type] or value.inlineData or value.fileData or value.functionCall or value.functionResponse then
    return false
  end
  for _, inner in pairs(value) do
    if not plain(inner) then
      return false
    end
  end
  return true
end

local function of(req)
  for _, name in ipairs { "messages", "input", "contents", "system" } do
    if not plain(req:get(name)) then
      return nil
    end
  end
  local messages = {}
  local texts, roles = req:texts()
  for i, text in ipairs(texts) do
    local last = messages[#messages]
    if roles[i] == "tool" then
      return nil
    elseif last and last.role == roles[i] then
      last.content = last.content .. "\n" .. text
    else
      messages[#messages + 1] = { role = roles[i], content = text }
    end
  end
  return #messages > 0 and messages or nil
end

local function gives(req, ...)
  for _, name in ipairs { ... } do
    local value = req:get(name)
    if value ~= nil and value ~= json.null and not (type(value) == "table" and #value == 0 and name == "tools") then
      return true
    end
  end
  return false
end

return { of = of, gives = gives }
