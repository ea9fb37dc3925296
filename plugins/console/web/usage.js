// Usage: tokens and calls since the gateway began, by provider and model, and by key.
import htm from 'htm'
import { h } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { metrics, Refused, sums } from './api.js'
import { number, t } from './text.js'

const html = htm.bind(h)
const kind = (name) => (labels) => labels.gen_ai_token_type === name

function Table({ title, head, rows, columns }) {
  return html`<h2>${title}</h2><div class="scroll" tabindex="0" role="region" aria-label=${title}><table><thead><tr><th scope="col">${head}</th>${columns.map((c) => html`<th scope="col" class="n">${t(c)}</th>`)}</tr></thead><tbody>
    ${Object.entries(rows).sort((a, b) => (b[1].input || 0) - (a[1].input || 0)).map(([name, row]) => html`<tr key=${name}><th scope="row">${name || '–'}</th>${columns.map((c) => html`<td class="n">${number(row[c] || 0)}</td>`)}</tr>`)}</tbody></table></div>`
}

export function Usage({ onRefused }) {
  const [samples, setSamples] = useState([])
  useEffect(() => {
    let stopped = false
    const look = async () => {
      try { setSamples(await metrics()) } catch (error) { if (error instanceof Refused) return onRefused() }
      if (!stopped) setTimeout(look, 5000)
    }
    look()
    return () => { stopped = true }
  }, [])
  const tokens = { input: ['yuzui_tokens_total', kind('input')], output: ['yuzui_tokens_total', kind('output')] }
  const calls = { calls: ['gen_ai_client_operation_duration_seconds_count'], fails: ['gen_ai_client_operation_duration_seconds_count', (l) => !!l.error_type] }
  const keys = { calls: ['yuzui_key_requests_total'], input: ['yuzui_key_tokens_total', kind('input')], output: ['yuzui_key_tokens_total', kind('output')] }
  return html`<p class="dim">${t('since')}</p>
    <${Table} title=${t('by_provider')} head=${t('provider')} rows=${sums(samples, 'gen_ai_provider_name', { ...calls, ...tokens })} columns=${['calls', 'fails', 'input', 'output']} />
    <${Table} title=${t('by_model')} head=${t('model')} rows=${sums(samples.filter((s) => s.labels.gen_ai_provider_name), 'gen_ai_request_model', { ...calls, ...tokens })} columns=${['calls', 'fails', 'input', 'output']} />
    <${Table} title=${t('by_key')} head=${t('key')} rows=${sums(samples, 'key', keys)} columns=${['calls', 'input', 'output']} />`
}
