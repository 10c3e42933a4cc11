// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

// Contract wallets, as far as anyone outside can ask who owns them.

contract Multisig {
    address[] private owners;
    uint256 private threshold;

    constructor(address[] memory owners_, uint256 threshold_) {
        setup(owners_, threshold_);
    }

    function setup(address[] memory owners_, uint256 threshold_) public {
        owners = owners_;
        threshold = threshold_;
    }

    function getOwners() external view returns (address[] memory) {
        return owners;
    }

    function getThreshold() external view returns (uint256) {
        return threshold;
    }
}

contract SignedWallet {
    address private immutable owner;

    constructor(address owner_) {
        owner = owner_;
    }

    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        if (signature.length != 65) return 0xffffffff;
        address signer = ecrecover(
            hash, uint8(signature[64]), bytes32(signature[0:32]), bytes32(signature[32:64])
        );
        return signer != address(0) && signer == owner ? bytes4(0x1626ba7e) : bytes4(0xffffffff);
    }
}

contract Pod {
    address public podOwner;

    constructor(address owner_) {
        podOwner = owner_;
    }
}

// A contract that says nothing about its owners.
contract Silent {
    uint256 public nothing = 1;
}
