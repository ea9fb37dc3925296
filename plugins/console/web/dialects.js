// The four wire formats that the playground speaks: where a question goes, how it is written, and what of an answer is its text.
const withSystem = (q, list) => (q.system ? [{ role: 'system', content: q.system }, ...list] : list)
const path = (model) => model.split('/').map(encodeURIComponent).join('/')
const geminiText = (answer) => (answer.candidates?.[0]?.content?.parts || []).filter((p) => !p.thought).map((p) => p.text || '').join('')

export const dialects = {
  'openai-chat': {
    title: 'OpenAI Chat Completions', path: () => '/v1/chat/completions',
    body: (q) => ({ model: q.model, messages: withSystem(q, [{ role: 'user', content: q.text }]), max_tokens: q.most, stream: q.stream }),
    piece: (e) => e.choices?.[0]?.delta?.content || '',
    whole: (a) => a.choices?.[0]?.message?.content || '',
  },
  'openai-responses': {
    title: 'OpenAI Responses', path: () => '/v1/responses',
    body: (q) => ({ model: q.model, input: q.text, ...(q.system && { instructions: q.system }), max_output_tokens: q.most, stream: q.stream, store: false }),
    piece: (e) => e.type === 'response.output_text.delta' ? e.delta : '',
    whole: (a) => (a.output || []).flatMap((item) => item.content || []).map((part) => part.text || '').join(''),
  },
  'anthropic-messages': {
    title: 'Anthropic Messages', path: () => '/v1/messages',
    body: (q) => ({ model: q.model, ...(q.system && { system: q.system }), messages: [{ role: 'user', content: q.text }], max_tokens: q.most, stream: q.stream }),
    piece: (e) => e.type === 'content_block_delta' ? e.delta.text || '' : '',
    whole: (a) => (a.content || []).map((block) => block.text || '').join(''),
  },
  gemini: {
    title: 'Gemini', path: (q) => `/v1beta/models/${path(q.model)}:${q.stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
    body: (q) => ({ contents: [{ role: 'user', parts: [{ text: q.text }] }], ...(q.system && { systemInstruction: { parts: [{ text: q.system }] } }), generationConfig: { maxOutputTokens: q.most } }),
    piece: geminiText, whole: geminiText,
  },
}

// What an answer or one event of it says went wrong; undefined: nothing.
export const wrongOf = (said) => said.error?.message || said.response?.error?.message
