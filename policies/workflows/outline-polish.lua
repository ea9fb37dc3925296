-- outline-polish: an outline, its sections written at once, and the whole polished.
--
--   model "workflow/outline-polish" {}
--   workflow "workflows/outline-polish.lua" { model = "workflow/outline-polish", options = { sections = 4 } }
--
-- A section that fails is asked for once more, of the model that polishes; one that fails twice fails the request: a text with a hole in it
-- would not look like one. The polished text streams.

options {
  outliner = { type = "model", default = "claude-opus-4-6", help = "makes the outline" },
  writer = { type = "model", default = "kimi-k2.5", help = "writes the sections" },
  polisher = { type = "model", default = "gpt-5.2", help = "makes one text of them" },
  sections = { type = "number", default = 5, min = 1, max = 12, help = "at most" },
  at_once = { type = "number", default = 3, min = 1, max = 12, help = "sections written at the same time" },
}

-- The lines of an outline, without bullets and numbers.
local function lines(text, most)
  local found = {}
  for line in text:gmatch("[^\n]+") do
    line = line:gsub("^%s*[%-%*#]*%s*%d*[%.%)]?%s*", ""):gsub("%s+$", "")
    if line ~= "" and #found < most then
      found[#found + 1] = line
    end
  end
  return found
end

local function section_of(task, outline, title, model, step)
  return {
    step = step,
    model = model,
    messages = "Task: " .. task .. "\n\nOutline:\n" .. outline .. "\n\nWrite this section of it, nothing else: " .. title,
  }
end

return function(req)
  local options, task = req.options, req:question()
  local outline, err = llm.chat {
    step = "outline",
    model = options.outliner,
    messages = ("Make an outline of at most %d lines for this task, one line a section, nothing else:\n\n%s"):format(options.sections, task),
  }
  if not outline then
    return nil, err
  end
  local titles, questions = lines(outline.text, options.sections), {}
  if #titles == 0 then
    titles = { task }
  end
  for i, title in ipairs(titles) do
    questions[i] = section_of(task, outline.text, title, options.writer, "section " .. i)
  end
  local answers = llm.all(questions, options.at_once)
  local parts, again = {}, 0
  for i, title in ipairs(titles) do
    local part = answers[i]
    if not part then
      again = again + 1
      part, err = llm.chat(section_of(task, outline.text, title, options.polisher, "section " .. i .. " again"))
      if not part then
        return nil, err
      end
    end
    parts[i] = part.text
  end
  req:because(("%d sections, %d again"):format(#titles, again))
  return llm.answer {
    step = "polish",
    model = options.polisher,
    messages = "Task: " .. task .. "\n\nDraft:\n" .. table.concat(parts, "\n\n") ..
      "\n\nMake one text of this draft: one voice, no repetition, everything it says.",
  }
end
