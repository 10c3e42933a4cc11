// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.28;

/// A plain ERC-20 that can be put at any address: it has no constructor and no immutables, so
/// its runtime code is the same everywhere, and `open` gives it name, supply and issuer once.
contract Token {
    string public name;
    string public symbol;
    uint8 public decimals;
    uint256 public totalSupply;
    mapping(address => uint256) public balanceOf;
    mapping(address => mapping(address => uint256)) public allowance;

    event Transfer(address indexed from, address indexed to, uint256 value);
    event Approval(address indexed owner, address indexed spender, uint256 value);

    error AlreadyOpen();
    error BalanceTooLow(address owner, uint256 has, uint256 wants);
    error AllowanceTooLow(address spender, uint256 has, uint256 wants);
    error NoSuchRecipient();

    /// Names the token and gives the whole supply to the caller. Works once.
    function open(string calldata name_, string calldata symbol_, uint8 decimals_, uint256 supply)
        external
    {
        if (bytes(symbol).length != 0) revert AlreadyOpen();
        name = name_;
        symbol = symbol_;
        decimals = decimals_;
        totalSupply = supply;
        balanceOf[msg.sender] = supply;
        emit Transfer(address(0), msg.sender, supply);
    }

    function transfer(address to, uint256 value) external returns (bool) {
        _move(msg.sender, to, value);
        return true;
    }

    function approve(address spender, uint256 value) external returns (bool) {
        allowance[msg.sender][spender] = value;
        emit Approval(msg.sender, spender, value);
        return true;
    }

    function transferFrom(address from, address to, uint256 value) external returns (bool) {
        uint256 allowed = allowance[from][msg.sender];
        if (allowed != type(uint256).max) {
            if (allowed < value) revert AllowanceTooLow(msg.sender, allowed, value);
            allowance[from][msg.sender] = allowed - value;
        }
        _move(from, to, value);
        return true;
    }

    function _move(address from, address to, uint256 value) private {
        if (to == address(0)) revert NoSuchRecipient();
        uint256 has = balanceOf[from];
        if (has < value) revert BalanceTooLow(from, has, value);
        balanceOf[from] = has - value;
        balanceOf[to] += value;
        emit Transfer(from, to, value);
    }
}
