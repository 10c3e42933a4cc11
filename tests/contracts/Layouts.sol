// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

// Tokens that keep balances in the layouts found in the wild. Only what the tests call.

abstract contract Minted {
    function give(address holder, uint256 amount) internal virtual;

    function mint(address[] calldata holders, uint256[] calldata amounts) external {
        for (uint256 i = 0; i < holders.length; ++i) give(holders[i], amounts[i]);
    }

    function decimals() external pure returns (uint8) {
        return 6;
    }

    function symbol() external pure returns (string memory) {
        return "USDT";
    }
}

// keccak(holder . slot), as every Solidity mapping; behind a few other variables.
contract SolidityToken is Minted {
    uint256[9] private before;
    mapping(address => uint256) public balanceOf;

    function give(address holder, uint256 amount) internal override {
        balanceOf[holder] = amount;
    }
}

// keccak(slot . holder), as Vyper's HashMap.
contract VyperOrderToken is Minted {
    function place(address holder) private pure returns (bytes32) {
        return keccak256(abi.encode(uint256(3), holder));
    }

    function balanceOf(address holder) external view returns (uint256 amount) {
        bytes32 at = place(holder);
        assembly { amount := sload(at) }
    }

    function give(address holder, uint256 amount) internal override {
        bytes32 at = place(holder);
        assembly { sstore(at, amount) }
    }
}

// OpenZeppelin 5, upgradeable: ERC-7201 namespace "openzeppelin.storage.ERC20".
contract NamespacedToken is Minted {
    struct Balances {
        mapping(address => uint256) balances;
    }

    function space() private pure returns (Balances storage found) {
        assembly { found.slot := 0x52c63247e1f47db19d5ce0460030c497f067ca4cebf71ba98eeadabe20bace00 }
    }

    function balanceOf(address holder) external view returns (uint256) {
        return space().balances[holder];
    }

    function give(address holder, uint256 amount) internal override {
        space().balances[holder] = amount;
    }
}

// Solady: keccak of holder, 8 zero bytes and a seed of 4 bytes.
contract SoladyToken is Minted {
    function place(address holder) private pure returns (bytes32) {
        return keccak256(abi.encodePacked(holder, uint64(0), uint32(0x87a211a2)));
    }

    function balanceOf(address holder) external view returns (uint256 amount) {
        bytes32 at = place(holder);
        assembly { amount := sload(at) }
    }

    function give(address holder, uint256 amount) internal override {
        bytes32 at = place(holder);
        assembly { sstore(at, amount) }
    }
}

// USDC 2.2: bit 255 of the balance word is a flag of the holder.
contract PackedToken is Minted {
    uint256[9] private before;
    mapping(address => uint256) private words;

    function balanceOf(address holder) external view returns (uint256) {
        return words[holder] & ((1 << 255) - 1);
    }

    function give(address holder, uint256 amount) internal override {
        words[holder] = amount;
    }

    function mark(address holder) external {
        words[holder] |= 1 << 255;
    }
}

// Two values in one word, the balance in the low half.
contract HalfWordToken is Minted {
    struct Entry {
        uint128 amount;
        uint128 index;
    }
    mapping(address => Entry) private entries;

    function balanceOf(address holder) external view returns (uint256) {
        return entries[holder].amount;
    }

    function give(address holder, uint256 amount) internal override {
        entries[holder] = Entry(uint128(amount), 10 ** 27);
    }
}

// The balances lie in another contract, which the token asks.
contract Ledger {
    mapping(address => uint256) public balances;

    function set(address holder, uint256 amount) external {
        balances[holder] = amount;
    }
}

contract LedgerToken is Minted {
    Ledger private immutable ledger = new Ledger();

    function balanceOf(address holder) external view returns (uint256) {
        return ledger.balances(holder);
    }

    function give(address holder, uint256 amount) internal override {
        ledger.set(holder, amount);
    }
}

// Shares times a rate: no word holds the balance.
contract RebasingToken is Minted {
    uint256 private rate = 3;
    mapping(address => uint256) private shares;

    function balanceOf(address holder) external view returns (uint256) {
        return shares[holder] * rate + 1;
    }

    function give(address holder, uint256 amount) internal override {
        shares[holder] = amount;
    }
}

// ERC-1967: the implementation in its own slot, everything delegated.
contract Proxy1967 {
    constructor(address implementation) {
        assembly {
            sstore(0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc, implementation)
        }
    }

    fallback() external payable {
        assembly {
            calldatacopy(0, 0, calldatasize())
            let done := delegatecall(
                gas(),
                sload(0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc),
                0, calldatasize(), 0, 0
            )
            returndatacopy(0, 0, returndatasize())
            switch done
            case 0 { revert(0, returndatasize()) }
            default { return(0, returndatasize()) }
        }
    }
}
