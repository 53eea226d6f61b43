import { defineConfig } from 'vite'

export default defineConfig({
  base: './',
  // One folder for pages and the catalogue that the tray speaks from, too.
  server: { fs: { allow: ['..'] } },
  build: {
    target: ['safari16.4', 'chrome120'],
    outDir: 'dist',
    assetsInlineLimit: 0,
    modulePreload: false,
    reportCompressedSize: true,
  },
})
