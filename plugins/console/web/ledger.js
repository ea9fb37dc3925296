// What the pages of the ledger share: asking /api/v1, amounts, and what to say where something is not there or not allowed.
import htm from 'htm'
import { h } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { ask, Refused } from './api.js'
import { language, t } from './text.js'

const html = htm.bind(h)

export class Wrong extends Error {}
const query = (params) => { const q = new URLSearchParams(Object.entries(params || {}).filter(([, v]) => v !== '' && v != null)).toString(); return q && `?${q}` }

// The answer's object; what the gateway says against it is thrown.
export async function api(path, { method = 'GET', params, body } = {}) {
  const answer = await ask(`/api/v1/${path}${query(params)}`, { method, ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }) })
  const said = await answer.json()
  if (said.error) throw Object.assign(new Wrong(said.error.message), { code: said.error.code })
  return said
}
export const name = encodeURIComponent

// All pages of a list, up to `most`.
export async function all(path, list, params = {}, most = 5000) {
  const rows = []
  for (let after; ;) {
    const page = await api(path, { params: { ...params, limit: 1000, after } })
    rows.push(...page[list])
    if (!page.next || rows.length >= most) return rows
    after = page.next
  }
}

// [what was asked, why not, ask again]
export function useAsked(question, deps, onRefused) {
  const [state, setState] = useState([null, ''])
  const look = () => question().then((found) => setState([found, ''])).catch((error) => error instanceof Refused ? onRefused() : setState((s) => [s[0], error.message]))
  useEffect(() => { look() }, deps)
  return [...state, look]
}

export const usd = (n) => n == null ? '' : '$' + Number(n).toLocaleString(language(), { minimumFractionDigits: 2, maximumFractionDigits: 9 })
export const when = (time) => time ? new Date(time).toLocaleString(language()) : ''
export const newId = () => 'console-' + [...crypto.getRandomValues(new Uint8Array(12))].map((b) => b.toString(16).padStart(2, '0')).join('')

export const Trouble = ({ why }) => why ? html`<p class="note bad" role="alert">${why}</p>` : null
export const NoLedger = () => html`<p class="note">${t('no_ledger')} <code>ledger "sqlite" { path = "/var/lib/yuzui/ledger.db" }</code></p>`
export const OnlyLook = ({ who }) => who.role === 'read' ? html`<p class="note">${t('only_look')}</p>` : null

// Rows as a table: columns are [word, value(row), is a number]; the first heads its row.
export function Rows({ title, rows, columns, id }) {
  if (!rows.length) return html`<p class="dim">${t('empty')}</p>`
  return html`<div class="scroll" tabindex="0" role="region" aria-label=${title}><table id=${id}><thead><tr>${columns.map(([word, , n]) => html`<th scope="col" class=${n ? 'n' : ''}>${t(word)}</th>`)}</tr></thead><tbody>
    ${rows.map((row) => html`<tr>${columns.map(([, value, n], i) => i ? html`<td class=${n ? 'n' : ''}>${value(row)}</td>` : html`<th scope="row">${value(row)}</th>`)}</tr>`)}</tbody></table></div>`
}

// Saves what a path answers as CSV: a link alone would carry no token.
export async function save(path, params, file) {
  const answer = await ask(`/api/v1/${path}${query({ ...params, format: 'csv' })}`)
  if (!answer.ok) throw new Wrong((await answer.json()).error.message)
  const link = document.createElement('a')
  link.href = URL.createObjectURL(await answer.blob())
  link.download = file
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 1000)
}

// Whatever JSON says, as lists.
export function Value({ of }) {
  if (Array.isArray(of)) return html`<ul>${of.map((v) => html`<li><${Value} of=${v} /></li>`)}</ul>`
  if (of && typeof of === 'object') return html`<dl>${Object.entries(of).map(([k, v]) => html`<dt>${k}</dt><dd><${Value} of=${v} /></dd>`)}</dl>`
  return String(of)
}
