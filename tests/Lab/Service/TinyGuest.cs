namespace Cloudlet.Lab.Tests.Service;

/// <summary>
/// A guest of one boot sector, which is ready at once without hardware virtualization. It says so on its serial port, and answers each byte
/// it reads with a number that it took when it booted and the count of its answers: both are in its memory only.
/// </summary>
internal static class TinyGuest
{
    /// <summary>What it says when it is ready.</summary>
    public const string Ready = "the tiny guest is ready";

    private const int Sector = 512,
        Length = 1 << 20;

    /// <summary>
    /// start: cli; clear ax, ds, ss; sp = 7C00h; the time stamp counter to [600h], 0 to [604h]; say Ready. main: when the UART (3FDh) has
    /// no byte: sti, hlt, again; else read it (3F8h), count it, say "boot " [600h] " count " [604h]. Then puts, putc and hex.
    /// </summary>
    private const string Code =
        "fa31c08ed88ed0bc007cfc0f3166a3000666c706040600000000be8c7ce83700bafd03eca8017504fbf4ebf4baf803ec66ff060406bea67ce81c0066a10006"
        + "e82f00beac7ce80f0066a10406e82200beb47ce80200ebc9ac84c07405e80300ebf6c350bafd03eca82074fb58baf803eec3b9080066c1c0046650240f0430"
        + "3c3976020427e8dbff6658e2e9c3"
        + "7468652074696e792067756573742069732072656164790d0a00626f6f74200020636f756e7420000d0a00";

    /// <summary>Its disk, raw.</summary>
    public static byte[] Disk()
    {
        var disk = new byte[Length];
        Convert.FromHexString(Code).CopyTo(disk, 0);
        (disk[Sector - 2], disk[Sector - 1]) = (0x55, 0xaa);
        return disk;
    }
}
