using System.Globalization;
using System.Text;

namespace Cloudlet.Check.Tests.Guests;

/// <summary>An entry of an archive.</summary>
internal sealed record CpioEntry(string Name, uint Mode, byte[] Content, uint Major, uint Minor);

/// <summary>Reads the "new ASCII" format of cpio, as the kernel's documentation describes it.</summary>
internal static class CpioReader
{
    public static IReadOnlyList<CpioEntry> Read(ReadOnlySpan<byte> archive)
    {
        var entries = new List<CpioEntry>();
        for (var at = 0; ; )
        {
            Encoding.ASCII.GetString(archive.Slice(at, 6)).ShouldBe("070701");
            var fields = new uint[13];
            for (var i = 0; i < fields.Length; i++)
                fields[i] = uint.Parse(
                    Encoding.ASCII.GetString(archive.Slice(at + 6 + (i * 8), 8)),
                    NumberStyles.HexNumber,
                    CultureInfo.InvariantCulture
                );
            var (length, name) = ((int)fields[6], (int)fields[11]);
            at += 110;
            archive[at + name - 1].ShouldBe((byte)0);
            var path = Encoding.UTF8.GetString(archive.Slice(at, name - 1));
            at = Aligned(at + name);
            if (path == "TRAILER!!!")
            {
                Aligned(at).ShouldBe(archive.Length);
                return entries;
            }

            entries.Add(new CpioEntry(path, fields[1], archive.Slice(at, length).ToArray(), fields[9], fields[10]));
            at = Aligned(at + length);
        }
    }

    private static int Aligned(int at) => (at + 3) & ~3;
}
