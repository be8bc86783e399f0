import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { clientTypes } from "../../../scripts/client-types.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const TYPES = `${ROOT}client/generated/api.ts`;

/** Compiles what stands on the client, with the types of one document after another, and writes nothing. */
export class ClientCompiler {
  readonly #options: ts.CompilerOptions;
  readonly #files: readonly string[];
  readonly #host: ts.CompilerHost;
  readonly #sources = new Map<string, ts.SourceFile | undefined>();
  #program: ts.Program | undefined;
  #types = "";

  constructor() {
    const { config } = ts.readConfigFile(`${ROOT}tsconfig.node.json`, ts.sys.readFile);
    const include = ["client", "cli", "test/e2e"];
    const parsed = ts.parseJsonConfigFileContent({ ...config, include }, ts.sys, ROOT);
    this.#options = parsed.options;
    // In this order, because most of what is wrong shows in the first of them.
    this.#files = include.flatMap((folder) =>
      parsed.fileNames.filter((file) => file.startsWith(`${ROOT}${folder}/`)),
    );
    this.#host = ts.createCompilerHost(this.#options);
    const read = this.#host.getSourceFile;
    this.#host.getSourceFile = (name, version) => {
      if (name === TYPES) return ts.createSourceFile(name, this.#types, version, true);
      if (!this.#sources.has(name)) this.#sources.set(name, read(name, version));
      return this.#sources.get(name);
    };
  }

  /** The first mistake that the compiler finds where a document says this; undefined where it finds none. */
  async firstMistake(document: string): Promise<string | undefined> {
    this.#types = await clientTypes(document);
    const program = ts.createProgram(this.#files, this.#options, this.#host, this.#program);
    this.#program = program;
    const types = program.getSourceFile(TYPES);
    const [broken] = [...program.getSyntacticDiagnostics(types), ...program.getSemanticDiagnostics(types)];
    if (broken) throw new Error(`the document makes no types: ${told(broken)}`);
    for (const name of this.#files) {
      const [mistake] = program.getSemanticDiagnostics(program.getSourceFile(name));
      if (mistake) return told(mistake);
    }
    return undefined;
  }
}

function told({ file, start = 0, messageText }: ts.Diagnostic): string {
  const line = (file?.getLineAndCharacterOfPosition(start).line ?? 0) + 1;
  return `${relative(ROOT, file?.fileName ?? "")}:${line}: ${ts.flattenDiagnosticMessageText(messageText, " ").slice(0, 100)}`;
}
