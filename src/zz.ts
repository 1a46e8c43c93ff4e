import { existsSync } from 'node:fs';
import { updateStore, storeFile } from './advisories/update.ts';
import { openStore } from './advisories/store/open.ts';
import { match } from './match/match.ts';
import { gate } from './gate/gate.ts';
import { defaultPolicy } from './gate/policy.ts';
import { DatabaseSync } from 'node:sqlite';
const home='/tmp/match/home';
if(!storeFile(home)){ const t=Date.now(); await updateStore({home, base:'/work/shared/feeds/2026-08-21', ecosystems:null, now:new Date('2026-08-21T12:00:00Z')} as never); console.log('built',Date.now()-t); }
const store=openStore(storeFile(home)!);
import { execFileSync } from 'node:child_process';
// names from feeds
const names=JSON.parse(execFileSync('python3',['-c',`
import zipfile,json,random
random.seed(3)
base='/work/shared/feeds/2026-08-21/osv'
out=[]
def add(e,f):
    z=zipfile.ZipFile(f'{base}/{e}/all.zip'); s={}
    for n in z.namelist():
        r=json.loads(z.read(n))
        for a in r['affected']:
            for g in a.get('ranges',[]):
                for ev in g['events']:
                    v=list(ev.values())[0]
                    if g['type']!='GIT': s.setdefault((a['package']['ecosystem'],a['package']['name']),set()).add(v)
    for (ec,n),vs in s.items():
        for v in vs: out.append((ec,n,v))
for e in ['Debian','npm','PyPI','Go','crates.io','Alpine','AlmaLinux','Bitnami']: add(e,None)
random.shuffle(out)
print(json.dumps(out[:3000]))
`],{maxBuffer:1e9}).toString()) as [string,string,string][];
const purls:{purl:string}[]=[];
const T:Record<string,string>={npm:'npm',PyPI:'pypi',Go:'golang','crates.io':'cargo',Bitnami:'bitnami'};
for(const [e,n,v] of names){ const enc=encodeURIComponent(v); const [b,r]=e.split(':');
 if(b==='Debian') purls.push({purl:`pkg:deb/debian/lib${n}@${enc}?distro=debian-${r}&upstream=${n}`});
 else if(b==='Alpine') purls.push({purl:`pkg:apk/alpine/${n}@${enc}?distro=alpine-${r!.slice(1)}`});
 else if(b==='AlmaLinux') purls.push({purl:`pkg:rpm/almalinux/${n}@${enc}?distro=almalinux-${r}`});
 else purls.push({purl:`pkg:${T[b!]}/${n.split('/').map(encodeURIComponent).join('/')}@${enc}`}); }
for(let i=0;purls.length<100000;i++) purls.push({purl:`pkg:npm/nothing-${i}@1.0.${i%10}`});
for(const explain of [false,true]){
global.gc?.();
const m0=process.memoryUsage().rss; const t=performance.now(); const r=match(purls,store,{explain}); const ms=performance.now()-t;
console.log({explain,ms:Math.round(ms),components:purls.length,matches:r.matches.length,dismissals:r.dismissals.length,problems:r.problems.length,rss0:m0>>20,rss:process.memoryUsage().rss>>20});
if(!explain){ const by=new Map<string,number>(); for(const p of r.problems) by.set(p.code,(by.get(p.code)??0)+1); console.log(by, r.problems.slice(0,8));
 const f=r.matches.map(m=>({...m,direct:null,locations:[],excepted:null})); const t2=performance.now(); const g=gate(f,{policy:defaultPolicy,baseline:null,now:new Date('2026-08-21T12:00:00Z'),problems:r.problems,snapshot:store.snapshot}); console.log('gate ms',Math.round(performance.now()-t2),g.verdict.kind,g.verdict.reasons);
 const lv=new Map<string,number>(); for(const m of r.matches) {const k=m.severity.source+' '+m.severity.level; lv.set(k,(lv.get(k)??0)+1);} console.log([...lv].sort((a,b)=>b[1]-a[1]).slice(0,20));
}}
// 500 debian components as in an image
const small=purls.filter(p=>p.purl.startsWith('pkg:deb')).slice(0,500); const t3=performance.now(); const s=match(small,store); console.log('500 deb',Math.round(performance.now()-t3),s.matches.length);
