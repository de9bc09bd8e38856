/** Builds what is published: `dist/` with JavaScript, types and the README of the WBXML codec. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

// A file that is not built any more must not be published.
rmSync(join(ROOT, 'dist'), { recursive: true, force: true });
execFileSync(join(ROOT, 'node_modules/.bin/tsc'), ['-p', 'tsconfig.build.json'], { cwd: ROOT, stdio: 'inherit' });
copyFileSync(join(ROOT, 'src/wbxml/README.md'), join(ROOT, 'dist/wbxml/README.md'));
