/** A formula in LaTeX → the same with the signs that people write: \frac{3}{4} → 3/4, \sqrt{9} → √(9). */
export function plainFormula(latex: string): string {
  let formula = latex
    .replace(/\\(?:text|mathrm|mathbf|mathit|operatorname|textbf|mbox)\s*\{([^{}]*)\}/g, ' $1 ')
    .replace(/\\(?:left|right|big|Big|displaystyle|limits|quad|qquad)(?![A-Za-z])|\\[,;:! ]/g, ' ')
    .replace(
      /\\(?:sum)\s*_\{([^{}]*)\}\s*\^(?:\{([^{}]*)\}|(\w))/g,
      (_, from: string, to = '', single = '') => ` ∑ ${from} ‥ ${to}${single}, `,
    )
    .replace(/\\\\|&/g, ' ');
  // From the inside out; each pass undoes one level of braces.
  for (let depth = 0; depth < 6 && /[{}]/.test(formula); depth += 1) {
    formula = formula
      .replace(/\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}/g, (_, top: string, bottom: string) =>
        /^\s*\d+\s*$/.test(top) && /^\s*\d+\s*$/.test(bottom)
          ? ` ${top.trim()}/${bottom.trim()} `
          : ` ${grouped(top)} / ${grouped(bottom)} `,
      )
      .replace(/\\sqrt\s*\[([^[\]{}]*)\]\s*\{([^{}]*)\}/g, (_, degree: string, of: string) =>
        degree.trim() === '3' ? `∛(${of})` : degree.trim() === '4' ? `∜(${of})` : `√(${of})`,
      )
      .replace(/\\sqrt\s*\{([^{}]*)\}/g, '√($1)')
      .replace(/\^\s*\{([^{}]*)\}/g, '^($1)')
      .replace(/_\s*\{([^{}]*)\}/g, ' $1')
      .replace(/(?<!\\[dt]?frac\s{0,4}|\\sqrt\s{0,4}|\}\s{0,4})\{([^{}]*)\}(?!\s*\{)/g, ' $1 ');
  }
  return formula.replace(/\\([A-Za-z]+)/g, (_, name: string) => COMMANDS[name] ?? ` ${name} `).replace(/[{}\\]/g, ' ');
}

const grouped = (part: string) => (/^\s*[\p{L}\p{N}.,]+\s*$/u.test(part) ? part.trim() : `(${part.trim()})`);

const COMMANDS: Readonly<Record<string, string>> = {
  ...{ times: ' × ', cdot: ' × ', ast: ' × ', div: ' ÷ ', pm: ' ± ', le: ' ≤ ', leq: ' ≤ ', ge: ' ≥ ', geq: ' ≥ ' },
  ...{ lt: ' < ', gt: ' > ', ne: ' ≠ ', neq: ' ≠ ', approx: ' ≈ ', to: ' → ', rightarrow: ' → ', Rightarrow: ' ⇒ ' },
  ...{ implies: ' ⇒ ', infty: ' ∞ ', pi: ' π ', sqrt: '√', in: ' ∈ ', mid: ' | ', circ: '°', degree: '°' },
  ...{ ldots: '…', dots: '…', cdots: '…' },
};
