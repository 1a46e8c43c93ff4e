// Preloaded into a process that is measured: writes its peak memory (kB) when it ends.
'use strict';
process.on('exit', () => {
  require('node:fs').writeFileSync(process.env.KVITTO_BENCH_USAGE, String(process.resourceUsage().maxRSS));
});
