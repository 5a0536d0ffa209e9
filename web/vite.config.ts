import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/**
 * Builds the console into `web/dist`: `vite build web`. For work on the console, `vite web` serves it
 * from source and hands the API to a head-end that runs on HEADEND_CONSOLE.
 */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  plugins: [react()],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2022',
    // The browsers that know light-dark(), so that it stays one declaration per colour.
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    // Everything is a file of its own, so that the content security policy needs no exception.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    proxy: {
      '/api': { target: process.env.HEADEND_CONSOLE ?? 'http://127.0.0.1:8080', ws: true },
    },
  },
});
