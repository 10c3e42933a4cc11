// Compiles Token.sol offline with the npm package solc (exact version in tests/nodes) and writes
// the artifact, as JSON, to standard output:  node tests/contracts/compile.cjs NODE_MODULES
const fs = require("fs");
const path = require("path");
const solc = require(path.resolve(process.argv[2], "solc"));

const file = "Token.sol";
const source = fs.readFileSync(path.join(__dirname, file), "utf8");
const settings = {
  optimizer: { enabled: true, runs: 200 },
  evmVersion: "paris", // no PUSH0: the code runs on every layer 2
  metadata: { bytecodeHash: "none", appendCBOR: false },
  outputSelection: { "*": { "*": ["evm.deployedBytecode.object", "evm.methodIdentifiers"] } },
};
const input = { language: "Solidity", sources: { [file]: { content: source } }, settings };
const output = JSON.parse(solc.compile(JSON.stringify(input)));
const problems = (output.errors || []).map((problem) => problem.formattedMessage);
if (problems.length > 0) {
  process.stderr.write(problems.join("\n"));
  process.exit(1);
}
const contract = output.contracts[file].Token;
const artifact = {
  contract: "Token",
  source: `tests/contracts/${file}`,
  compiler: `solc ${solc.version().split("+")[0]}`,
  settings: { optimizer: settings.optimizer, evmVersion: settings.evmVersion },
  methods: contract.evm.methodIdentifiers,
  runtime: "0x" + contract.evm.deployedBytecode.object,
};
process.stdout.write(JSON.stringify(artifact, null, 2) + "\n");
