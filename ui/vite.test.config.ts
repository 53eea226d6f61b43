// Builds the tests that need no browser, for Node's own runner: `npm test`.

import { readdirSync } from 'node:fs'
import { defineConfig } from 'vite'

export default defineConfig({
  build: {
    ssr: true,
    outDir: 'node_modules/.test',
    emptyOutDir: true,
    rollupOptions: { input: readdirSync('tests').map((name) => `tests/${name}`) },
  },
})
