// Compiles the contracts that tests deploy, offline, with the npm package solc (exact version in
// tests/nodes), and writes their creation code as JSON:
//   node tests/contracts/compile_fixtures.cjs NODE_MODULES
const fs = require("fs");
const path = require("path");
const solc = require(path.resolve(process.argv[2], "solc"));

const files = ["Layouts.sol", "Wallets.sol"];
const settings = {
  optimizer: { enabled: true, runs: 200 },
  evmVersion: "paris",
  metadata: { bytecodeHash: "none", appendCBOR: false },
  outputSelection: { "*": { "*": ["evm.bytecode.object"] } },
};
const sources = {};
for (const file of files) {
  sources[file] = { content: fs.readFileSync(path.join(__dirname, file), "utf8") };
}
const output = JSON.parse(
  solc.compile(JSON.stringify({ language: "Solidity", sources, settings }))
);
const problems = (output.errors || []).map((problem) => problem.formattedMessage);
if (problems.length > 0) {
  process.stderr.write(problems.join("\n"));
  process.exit(1);
}
const creation = {};
for (const file of files) {
  for (const [name, contract] of Object.entries(output.contracts[file])) {
    if (contract.evm.bytecode.object !== "") creation[name] = "0x" + contract.evm.bytecode.object;
  }
}
const artifact = {
  sources: files.map((file) => `tests/contracts/${file}`),
  compiler: `solc ${solc.version().split("+")[0]}`,
  settings: { optimizer: settings.optimizer, evmVersion: settings.evmVersion },
  creation,
};
process.stdout.write(JSON.stringify(artifact, null, 2) + "\n");
