// Compiles Bundler.sol offline with the npm package solc (exact version in tests/nodes) and writes
// its runtime code, as JSON, to standard output:  node compile_bundler.cjs NODE_MODULES
const fs = require("fs");
const path = require("path");
const solc = require(path.resolve(process.argv[2], "solc"));

const file = "Bundler.sol";
const source = fs.readFileSync(path.join(__dirname, file), "utf8");
const settings = {
  optimizer: { enabled: true, runs: 200 },
  evmVersion: "istanbul", // runs on every fork that the tests start
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
const { methodIdentifiers, deployedBytecode } = output.contracts[file].Bundler.evm;
const artifact = { methods: methodIdentifiers, runtime: "0x" + deployedBytecode.object };
process.stdout.write(JSON.stringify(artifact, null, 2) + "\n");
