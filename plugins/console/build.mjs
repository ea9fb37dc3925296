// Bundles web/ with the libraries that package-lock.json pins, and writes the files as one C source.
// node build.mjs MODULES OUT.c: MODULES is the folder that npm filled.
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const [modules, out] = process.argv.slice(2)
const web = join(dirname(fileURLToPath(import.meta.url)), 'web')
const esbuild = createRequire(join(resolve(modules), 'x.js'))('esbuild')

async function bundle(name) {
  const built = await esbuild.build({
    entryPoints: [join(web, name)], bundle: true, minify: true, write: false, format: 'esm', target: 'es2020', charset: 'utf8',
    legalComments: 'eof', nodePaths: [resolve(modules)], logLevel: 'warning',
  })
  return Buffer.from(built.outputFiles[0].contents)
}

const files = [
  ['index.html', 'text/html; charset=utf-8', readFileSync(join(web, 'index.html'))],
  ['app.js', 'text/javascript; charset=utf-8', await bundle('app.js')],
  ['account.html', 'text/html; charset=utf-8', readFileSync(join(web, 'account.html'))],
  ['account.js', 'text/javascript; charset=utf-8', await bundle('account.js')],
  ['style.css', 'text/css; charset=utf-8', await bundle('style.css')],
  ['icon.svg', 'image/svg+xml', readFileSync(join(web, 'icon.svg'))],
]
const bytes = (b) => [...b].map((c, i) => `${c},${i % 40 === 39 ? '\n' : ''}`).join('')
let text = '/* Made by plugins/console/build.mjs. */\n#include "console.h"\n\n'
files.forEach(([, , b], i) => { text += `static const unsigned char f${i}[] = {\n${bytes(b)}};\n` })
text += 'const console_asset console_assets[] = {\n'
files.forEach(([name, type, b], i) => {
  const tag = createHash('sha256').update(b).digest('hex').slice(0, 16)
  text += `    {"${name}", "${type}", "\\"${tag}\\"", f${i}, sizeof(f${i})},\n`
})
text += `};\nconst size_t console_n_assets = ${files.length};\n`
writeFileSync(out, text)
