using System.Text;
using Cloudlet.Errors;
using Cloudlet.Resources.State;
using Cloudlet.TestKit.Machine;

namespace Cloudlet.Resources.Tests.Files;

public sealed class ContentVaultSpecs : IDisposable
{
    private const string Folder = "/var/lib/cloudlet/vault";

    private readonly FakeMachine _machine = new();
    private readonly ContentVault _vault;

    public ContentVaultSpecs() => _vault = new ContentVault(_machine.Files, Folder);

    public void Dispose() => _machine.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3_000_000)]
    public void A_sealed_content_is_restored(int length)
    {
        var content = new byte[length];
        new Random(1).NextBytes(content);
        _vault.Unseal(_vault.Seal(content)).ShouldBe(content);
    }

    [Fact]
    public void Equal_contents_are_stored_once_and_found_by_a_new_vault_object()
    {
        var id = _vault.Seal("x"u8);
        var writes = _machine.Writes.Count;
        var other = new ContentVault(_machine.Files, Folder);
        other.Seal("x"u8).ShouldBe(id);
        _machine.Writes.Count.ShouldBe(writes);
        other.Unseal(id).ShouldBe("x"u8.ToArray());
        other.IsIdOf(id, "x"u8).ShouldBeTrue();
        other.IsIdOf(id, "y"u8).ShouldBeFalse();
    }

    [Fact]
    public void Neither_files_nor_names_on_disk_reveal_the_content()
    {
        var id = _vault.Seal("the password"u8);
        foreach (var (path, content) in _machine.Files.Contents)
        {
            Encoding.Latin1.GetString(content).ShouldNotContain("password");
            _machine.Files.Stat(path)!.Mode.ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        id.ShouldNotBe(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData("the password"u8)));
        using var elsewhere = new FakeMachine();
        new ContentVault(elsewhere.Files, Folder).Seal("the password"u8).ShouldNotBe(id);
        ((int)_machine.Files.Stat(Folder)!.Mode).ShouldBe(0x1c0);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(12)]
    [InlineData(28)]
    public void An_entry_that_was_tampered_with_is_refused(int at)
    {
        var id = _vault.Seal("content"u8);
        var entry = _machine.Files.Read($"{Folder}/{id}")!;
        entry[at] ^= 1;
        _machine.Files.Put($"{Folder}/{id}", entry);
        Should.Throw<CloudletException>(() => _vault.Unseal(id)).Message.ShouldContain("tampered");
    }

    [Fact]
    public void An_entry_under_another_name_is_refused()
    {
        var (one, other) = (_vault.Seal("one"u8), _vault.Seal("two"u8));
        _machine.Files.Put($"{Folder}/{one}", _machine.Files.Read($"{Folder}/{other}")!);
        Should.Throw<CloudletException>(() => _vault.Unseal(one)).Kind.ShouldBe(ErrorKind.Unexpected);
    }

    [Fact]
    public void A_cut_entry_and_a_cut_key_are_refused()
    {
        var id = _vault.Seal("content"u8);
        _machine.Files.Put($"{Folder}/{id}", [1, 2, 3]);
        Should.Throw<CloudletException>(() => _vault.Unseal(id)).Kind.ShouldBe(ErrorKind.Unexpected);
        _machine.Files.Put($"{Folder}/key", [1, 2, 3]);
        Should.Throw<CloudletException>(() => _vault.Seal("x"u8)).Message.ShouldContain("damaged");
    }

    [Fact]
    public void A_missing_entry_reports_that_it_cannot_be_restored() =>
        Should.Throw<CloudletException>(() => _vault.Unseal(new string('a', 64))).Kind.ShouldBe(ErrorKind.NotFound);

    [Fact]
    public void Pruning_keeps_the_key_and_the_named_entries()
    {
        var (one, other) = (_vault.Seal("one"u8), _vault.Seal("two"u8));
        _vault.Prune(new HashSet<string> { one });
        _machine.Files.List(Folder).ShouldBe([one, "key"], ignoreOrder: true);
        Should.Throw<CloudletException>(() => _vault.Unseal(other));
    }

    [Theory]
    [InlineData("vault:", false)]
    [InlineData("vault:zz", false)]
    [InlineData("plain text", false)]
    [InlineData(null, false)]
    [InlineData("vault:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", true)]
    [InlineData("vault:0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef", false)]
    public void Only_a_complete_reference_is_valid(string? text, bool isReference) =>
        (ContentVault.IdIn(text) is not null).ShouldBe(isReference);
}
