import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{packages,services,infra,scripts,test}/**/*.test.ts'],
          exclude: ['**/node_modules/**', '**/*.server.test.ts', 'test/e2e/**'],
        },
      },
    ],
  },
});
