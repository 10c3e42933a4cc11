// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

/// Answers what Assay asks of Multicall3, with the same signatures. Written for Assay's tests.
contract Bundler {
    struct Call {
        address target;
        bool allowFailure;
        bytes callData;
    }

    struct Answer {
        bool success;
        bytes returnData;
    }

    function aggregate3(Call[] calldata calls) external payable returns (Answer[] memory answers) {
        answers = new Answer[](calls.length);
        for (uint256 at = 0; at < calls.length; at++) {
            (bool success, bytes memory returned) = calls[at].target.call(calls[at].callData);
            require(success || calls[at].allowFailure, "a call failed");
            answers[at] = Answer(success, returned);
        }
    }

    function getChainId() external view returns (uint256) {
        return block.chainid;
    }

    function getBlockNumber() external view returns (uint256) {
        return block.number;
    }

    function getCurrentBlockTimestamp() external view returns (uint256) {
        return block.timestamp;
    }

    function getLastBlockHash() external view returns (bytes32) {
        return blockhash(block.number - 1);
    }

    function getEthBalance(address account) external view returns (uint256) {
        return account.balance;
    }
}
