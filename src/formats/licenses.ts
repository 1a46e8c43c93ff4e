/**
 * Ids of the SPDX licence list that are met in practice. An id that is missing here is written as a name, which is valid
 * too. https://spdx.org/licenses/
 */
const ids: ReadonlySet<string> = new Set(
  (
    '0BSD AFL-2.1 AFL-3.0 AGPL-1.0-only AGPL-3.0 AGPL-3.0-only AGPL-3.0-or-later Apache-1.0 Apache-1.1 Apache-2.0 APSL-2.0 Artistic-1.0 Artistic-1.0-Perl Artistic-2.0 ' +
    'Beerware BlueOak-1.0.0 BSD-1-Clause BSD-2-Clause BSD-2-Clause-Patent BSD-3-Clause BSD-3-Clause-Clear BSD-4-Clause BSD-4-Clause-UC BSL-1.0 BUSL-1.1 bzip2-1.0.6 CC-BY-3.0 ' +
    'CC-BY-4.0 CC-BY-SA-3.0 CC-BY-SA-4.0 CC0-1.0 CDDL-1.0 CDDL-1.1 CECILL-2.1 CPL-1.0 curl ECL-2.0 EFL-2.0 EPL-1.0 EPL-2.0 EUPL-1.1 EUPL-1.2 FSFAP FSFUL FSFULLR FTL ' +
    'GFDL-1.1-or-later GFDL-1.2-only GFDL-1.2-or-later GFDL-1.3-only GFDL-1.3-or-later GPL-1.0 GPL-1.0-only GPL-1.0-or-later GPL-2.0 GPL-2.0-only GPL-2.0-or-later GPL-3.0 ' +
    'GPL-3.0-only GPL-3.0-or-later HPND ICU IJG ImageMagick Intel IPL-1.0 ISC JSON LGPL-2.0 LGPL-2.0-only LGPL-2.0-or-later LGPL-2.1 LGPL-2.1-only LGPL-2.1-or-later LGPL-3.0 ' +
    'LGPL-3.0-only LGPL-3.0-or-later Libpng libtiff LPPL-1.3c MIT MIT-0 MIT-CMU MPL-1.0 MPL-1.1 MPL-2.0 MS-PL MS-RL MulanPSL-2.0 NCSA Net-SNMP NTP OFL-1.1 OLDAP-2.8 ' +
    'OpenSSL OSL-3.0 PHP-3.0 PHP-3.01 PostgreSQL PSF-2.0 Python-2.0 QPL-1.0 RPL-1.5 Ruby Sleepycat SMLNJ SSPL-1.0 TCL TCP-wrappers Unicode-3.0 Unicode-DFS-2016 Unlicense UPL-1.0 ' +
    'Vim W3C WTFPL X11 Xnet Zend-2.0 Zlib zlib-acknowledgement ZPL-2.0 ZPL-2.1'
  ).split(' '),
);

const exceptions: ReadonlySet<string> = new Set(
  (
    'Autoconf-exception-2.0 Autoconf-exception-3.0 Bison-exception-2.2 Classpath-exception-2.0 Font-exception-2.0 GCC-exception-2.0 GCC-exception-3.1 ' +
    'LLVM-exception OpenSSL-exception openvpn-openssl-exception Libtool-exception Linux-syscall-note'
  ).split(' '),
);

/** Whether a text is an id of the SPDX licence list, as far as it is known here. */
export function isLicenseId(text: string): boolean {
  return ids.has(text);
}

/** Ids known here, for the test that holds them against the official list. */
export function licenseIds(): Iterable<string> {
  return ids;
}

function isOperand(token: string): boolean {
  return ids.has(token.endsWith('+') ? token.slice(0, -1) : token) || /^LicenseRef-[A-Za-z0-9.-]+$/.test(token);
}

/**
 * Whether a text is an SPDX licence expression over known ids (`MIT OR Apache-2.0`, one id alone included).
 * https://spdx.github.io/spdx-spec/v2.3/SPDX-license-expressions/. The input may be an attacker's: linear, no recursion.
 */
export function isLicenseExpression(text: string): boolean {
  if (text.length > 2000) return false;
  const tokens = text.replaceAll('(', ' ( ').replaceAll(')', ' ) ').trim().split(/\s+/);
  let depth = 0;
  let last: 'start' | 'operand' | 'operator' | 'with' | 'exception' = 'start';
  for (const token of tokens) {
    const afterOperand = last === 'operand' || last === 'exception';
    if (last === 'with') {
      if (!exceptions.has(token)) return false;
      last = 'exception';
    } else if (token === '(') {
      if (afterOperand) return false;
      depth += 1;
    } else if (token === ')') {
      if (!afterOperand || depth === 0) return false;
      depth -= 1;
      last = 'exception';
    } else if (token === 'AND' || token === 'OR') {
      if (!afterOperand) return false;
      last = 'operator';
    } else if (token === 'WITH') {
      if (last !== 'operand') return false;
      last = 'with';
    } else {
      if (afterOperand || !isOperand(token)) return false;
      last = 'operand';
    }
  }
  return depth === 0 && (last === 'operand' || last === 'exception');
}
