import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { sql } from 'kysely';
import { openLedger } from '../src/ledger/open-ledger.ts';
import { deployAll } from '../src/ledger/record/deploy.ts';
import { startPostgres } from './real/postgres.ts';
const N = Number(process.argv[3] ?? 20000), B = 500;
const kinds = (process.argv[2] ?? 'sqlite,postgres').split(',');
const artifacts = Array.from({length:2000},()=>`sha256:${randomBytes(32).toString('hex')}` as const);
const pgs = kinds.includes('postgres') ? await startPostgres() : null;
for (const kind of kinds) {
  const folder = `/tmp/database/size-${kind}`;
  rmSync(folder, {recursive:true, force:true});
  let now = Date.parse('2023-01-01T00:00:00Z');
  const ledger = await openLedger({folder, databaseUrl: kind==='sqlite'||pgs===null?null:await pgs.fresh(), clock:()=>new Date(now), tool:'kvitto/0.1.0', name:'try', waitMs:5000, mode:'create'});
  const t=performance.now(); let append=0;
  for (let b=0;b<N/B;b++) {
    const reqs = Array.from({length:B},(_, i)=>{ const n=b*B+i; now += 946; const s=`shop/service-${n*7919%1000}`; return {service:s, environment:n%3===0?'production':'staging', artifact:artifacts[(n*31)%2000]!, image:`registry.example.com/shop/service-${n%1000}`, at:null, change:`https://gitlab.example.com/shop/service-${n%1000}/-/merge_requests/${n%5000}`, run:`https://gitlab.example.com/shop/service-${n%1000}/-/pipelines/${1000000+n}`, actor:'ci:gitlab', breakGlass:null, alongside:false}; });
    const a=performance.now(); await deployAll(ledger, reqs); append+=performance.now()-a;
    if (b%4===3) await ledger.publish();
  }
  await ledger.publish();
  console.log(kind, N, 'append', Math.round(N/append*1000), '/s; with publish', Math.round(N/(performance.now()-t)*1000),'/s');
  let rows: {name:string, bytes:number}[];
  if (kind==='sqlite') { await sql`PRAGMA wal_checkpoint(TRUNCATE)`.execute(ledger.reader); await sql`VACUUM`.execute(ledger.reader).catch(()=>{});
    rows = (await sql<{name:string,bytes:number}>`SELECT name, sum(pgsize) AS bytes FROM dbstat GROUP BY name ORDER BY 2 DESC`.execute(ledger.reader).catch(e=>(console.log(String(e)),{rows:[]}))).rows; }
  else rows = (await sql<{name:string,bytes:number}>`SELECT relname AS name, pg_relation_size(oid) AS bytes FROM pg_class WHERE relnamespace='public'::regnamespace AND relkind IN ('r','i') ORDER BY 2 DESC`.execute(ledger.reader)).rows;
  let total=0; for (const r of rows) { total+=Number(r.bytes); if (Number(r.bytes)/N>1) console.log('  ', r.name, (Number(r.bytes)/N).toFixed(1)); }
  const du = (p:string)=>Number(execFileSync('du',['-sb',p],{encoding:'utf8'}).split('\t')[0]);
  console.log('  tables', (total/N).toFixed(1), 'log', (du(`${folder}/log`)/N).toFixed(1), 'folder', (du(folder)/N).toFixed(1), 'sum', ((total+du(`${folder}/log`))/N).toFixed(1));
  await ledger.close();
}
await pgs?.stop();
