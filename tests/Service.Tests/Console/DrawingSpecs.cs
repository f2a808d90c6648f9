using System.Text.Json;
using Cloudlet.Service.Console.Parts;

namespace Cloudlet.Service.Tests.Console;

/// <summary>What pages draw and read.</summary>
public class DrawingSpecs
{
    [Fact]
    public void Squares_beside_each_other_are_one_rectangle_of_their_row()
    {
        var cells = new string('b', OverlayDrawing.Columns - 1) + "cc" + "zb";

        OverlayDrawing.RowsOf(cells).ShouldBe(2);
        OverlayDrawing.PathOf(cells, 'b').ShouldBe("M0 0h127v1h-127zM2 1h1v1h-1z");
        OverlayDrawing.PathOf(cells, 'c').ShouldBe("M127 0h1v1h-1zM0 1h1v1h-1z");
        OverlayDrawing.PathOf(cells, 'r').ShouldBeEmpty();
        OverlayDrawing.TextOf("bbbc").ShouldBe("75 % as in the base, 25 % carried by the overlay");
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("""{"resources":7,"alarms":[3],"hold":"x","written":"never"}""")]
    public void A_status_of_another_version_is_read_as_far_as_it_goes(string json) =>
        HealthSummary.Of(JsonDocument.Parse(json).RootElement).Resources.ShouldBeEmpty();

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(1536, "1.5 KiB")]
    [InlineData(268435456, "256 MiB")]
    public void Sizes_are_for_people(long bytes, string text) => Format.Bytes(bytes).ShouldBe(text);
}
