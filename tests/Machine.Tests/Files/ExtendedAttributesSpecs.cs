using Cloudlet.Machine.Files;
using Cloudlet.TestKit;

namespace Cloudlet.Machine.Tests.Files;

/// <summary>Extended attributes and POSIX ACLs on a real file system.</summary>
public sealed class ExtendedAttributesSpecs : IDisposable
{
    private const string Acl = "system.posix_acl_access";
    private const UnixFileMode Rw = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode Rw660 = Rw | UnixFileMode.GroupRead | UnixFileMode.GroupWrite;

    private readonly TempDir _dir = new();
    private readonly HostFiles _files = new();

    public void Dispose() => _dir.Dispose();

    [Fact]
    public void Every_attribute_is_copied_to_a_new_content_except_those_about_the_old_content()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "attributes of these name spaces are for root");
        var attributes = new Dictionary<string, byte[]>
        {
            ["security.foo"] = [1],
            ["trusted.bar"] = [2],
            ["user.baz"] = [3],
            ["security.capability"] = Capability,
        };
        _files.Write(_dir["a"], "1"u8, Rw660);
        _files.WriteExtended(_dir["a"], attributes);
        _files.ReadExtended(_dir["a"]).Keys.Order().ShouldBe(["security.capability", "security.foo", "trusted.bar", "user.baz"]);

        _files.Write(_dir["a"], "2"u8, Rw660);
        _files.ReadExtended(_dir["a"]).Keys.Order().ShouldBe(["security.foo", "trusted.bar", "user.baz"]);

        // The original content gets them again.
        _files.Write(_dir["a"], "1"u8, Rw660, extended: attributes);
        _files
            .ReadExtended(_dir["a"])
            .Select(static e => $"{e.Key} {Convert.ToHexString(e.Value)}")
            .ShouldBe(attributes.Select(static e => $"{e.Key} {Convert.ToHexString(e.Value)}"), ignoreOrder: true);
    }

    /// <summary>cap_net_bind_service=ep, a vfs_cap_data of revision 2 (capabilities(7)).</summary>
    private static byte[] Capability => [1, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

    [Fact]
    public void A_new_content_keeps_the_attributes_of_the_file_it_replaces()
    {
        _files.Write(_dir["a"], "1"u8, Rw);
        Set("a", new() { ["user.note"] = [1, 2, 3] });

        _files.Write(_dir["a"], "2"u8, Rw);

        _files.ReadExtended(_dir["a"])["user.note"].ShouldBe([1, 2, 3]);
        _files.Read(_dir["a"]).ShouldBe("2"u8.ToArray());
    }

    [Fact]
    public void An_acl_stays_and_the_group_gets_no_further_rights()
    {
        _files.Write(_dir["a"], "1"u8, Rw);
        var acl = AclOf(user: 1, owner: 6, named: 6, group: 4, mask: 6);
        Set("a", new() { [Acl] = acl });
        _files.Stat(_dir["a"])!.Mode.ShouldBe(Rw660);

        _files.Write(_dir["a"], "2"u8, Rw660);

        _files.ReadExtended(_dir["a"])[Acl].ShouldBe(acl);
    }

    [Fact]
    public void Named_attributes_are_set_exactly_from_the_first_moment_on()
    {
        _files.Write(_dir["a"], "1"u8, Rw);
        Set("a", new() { ["user.old"] = [1], ["user.same"] = [2] });

        _files.Write(
            _dir["a"],
            "2"u8,
            Rw660,
            extended: new Dictionary<string, byte[]>
            {
                ["user.same"] = [2],
                ["user.new"] = [],
                [Acl] = AclOf(1, 6, 6, 4, 6),
            }
        );

        _files.ReadExtended(_dir["a"]).Keys.Order().ShouldBe([Acl, "user.new", "user.same"]);
        _files.WriteExtended(_dir["a"], new Dictionary<string, byte[]>());
        _files.ReadExtended(_dir["a"]).ShouldBeEmpty();
    }

    [Fact]
    public void A_link_has_none_and_is_not_followed()
    {
        _files.Write(_dir["a"], "1"u8, Rw);
        Set("a", new() { ["user.note"] = [1] });
        _files.WriteSymlink(_dir["link"], "a");

        _files.ReadExtended(_dir["link"]).ShouldBeEmpty();
        _files.ReadExtended(_dir["nothing/there"]).ShouldBeEmpty();
    }

    private void Set(string name, Dictionary<string, byte[]> attributes)
    {
        try
        {
            _files.WriteExtended(_dir[name], attributes);
        }
        catch (Errors.CloudletException e) when (e.Kind == Errors.ErrorKind.Unsupported)
        {
            Assert.Skip($"the file system of temporary files has no such attributes: {e.Message}");
        }
    }

    /// <summary>Version 2 of the kernel's format (linux/posix_acl_xattr.h): tag, permissions and id of each entry, little endian.</summary>
    private static byte[] AclOf(uint user, ushort owner, ushort named, ushort group, ushort mask)
    {
        const uint None = uint.MaxValue;
        using var acl = new MemoryStream();
        using var writer = new BinaryWriter(acl);
        writer.Write(2u);
        foreach (
            var (tag, bits, id) in ((ushort, ushort, uint)[])
                [(1, owner, None), (2, named, user), (4, group, None), (0x10, mask, None), (0x20, 0, None)]
        )
        {
            writer.Write(tag);
            writer.Write(bits);
            writer.Write(id);
        }

        return acl.ToArray();
    }
}
