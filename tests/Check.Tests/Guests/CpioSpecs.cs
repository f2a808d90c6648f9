using Cloudlet.Check.Guests;
using FsCheck;
using FsCheck.Fluent;

namespace Cloudlet.Check.Tests.Guests;

/// <summary>Archives of cpio.</summary>
public sealed class CpioSpecs
{
    [Fact]
    public void What_is_written_is_read_back()
    {
        var names = Gen.Choose('a', 'z')
            .ArrayOf()
            .Where(static n => n.Length > 0)
            .Select(static n => string.Concat(n.Select(static c => (char)c)));
        var contents = Gen.Choose(0, 255).ArrayOf().Select(static bytes => bytes.Select(static b => (byte)b).ToArray());
        Prop.ForAll(
                names.SelectMany(name => contents.Select(content => (name, content))).ArrayOf().ToArbitrary(),
                static files =>
                {
                    var unique = files.DistinctBy(static f => f.name).ToList();
                    var read = CpioReader.Read(
                        Archive(writer =>
                        {
                            foreach (var (name, content) in unique)
                                writer.File(name, content);
                        })
                    );
                    read.Select(static e => e.Name).ShouldBe(unique.Select(static f => f.name));
                    foreach (var (entry, (_, content)) in read.Zip(unique))
                        entry.Content.ShouldBe(content);
                }
            )
            .QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Types_and_modes_are_those_of_the_kernel()
    {
        var read = CpioReader.Read(
            Archive(static writer =>
            {
                writer.Folder("dev");
                writer.Device("dev/console", 5, 1);
                writer.File("init", "x"u8, isExecutable: true);
                writer.File("data", "y"u8);
                writer.Symlink("link", "init");
            })
        );

        read.Select(static e => Convert.ToString(e.Mode, 8)).ShouldBe(["40755", "20600", "100755", "100644", "120777"]);
        (read[1].Major, read[1].Minor).ShouldBe((5u, 1u));
        read[4].Content.ShouldBe("init"u8.ToArray());
    }

    [Theory]
    [InlineData("")]
    [InlineData("/etc")]
    [InlineData("a\0b")]
    [InlineData("twice")]
    public void A_name_that_is_not_valid_is_refused(string name) =>
        Should.Throw<ArgumentException>(() =>
            Archive(writer =>
            {
                writer.Folder("twice");
                writer.Folder(name);
            })
        );

    private static byte[] Archive(Action<CpioWriter> write)
    {
        using var stream = new MemoryStream();
        var writer = new CpioWriter(stream);
        write(writer);
        writer.End();
        return stream.ToArray();
    }
}
