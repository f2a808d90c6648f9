using Cloudlet.Errors;
using Cloudlet.Explain.Exhibits;

namespace Cloudlet.Explain.Tests.Exhibits;

public sealed class ExhibitSpecs
{
    private static readonly Exhibit Plain = new("log:a", "cat", Scene.Noon);

    [Fact]
    public void A_long_text_keeps_whole_lines_of_the_more_useful_end()
    {
        var text = string.Concat(Enumerable.Range(0, 60_000).Select(i => $"line {i}\n"));

        var first = Plain.WithText(text, new Redaction());
        var last = Plain.WithText(text, new Redaction(), KeptEnd.Last);

        (first.Truncated, last.Truncated).ShouldBe((true, true));
        first.Text.ShouldStartWith("line 0\n");
        first.Text.ShouldEndWith("\n");
        last.Text.ShouldStartWith("line ");
        last.Text.ShouldEndWith("line 59999\n");
        first.Text.Length.ShouldBeInRange(BundleLimits.Text - 20, BundleLimits.Text);
        last.Text.Length.ShouldBeInRange(BundleLimits.Text - 20, BundleLimits.Text);
    }

    [Fact]
    public void A_text_without_lines_is_cut_between_characters()
    {
        var text = string.Concat(Enumerable.Repeat("x😀", BundleLimits.Text));

        foreach (var keep in Enum.GetValues<KeptEnd>())
        {
            var cut = Plain.WithText(text, new Redaction(), keep).Text;
            cut.Length.ShouldBeInRange(BundleLimits.Text - 2, BundleLimits.Text);
            char.IsLowSurrogate(cut[0]).ShouldBeFalse();
            char.IsHighSurrogate(cut[^1]).ShouldBeFalse();
        }
    }

    [Fact]
    public void A_text_that_fits_is_left_whole()
    {
        var exhibit = Plain.WithText(new string('x', BundleLimits.Text), new Redaction());

        (exhibit.Text.Length, exhibit.Truncated).ShouldBe((BundleLimits.Text, false));
    }

    [Fact]
    public void Source_and_error_are_cleaned_too()
    {
        var exhibit = new Exhibit("broker", "connect amqp://nova:pw@10.0.0.1", Scene.Noon)
        {
            Trouble = "cannot reach amqp://nova:pw@10.0.0.1",
        }.WithText("", new Redaction());

        exhibit.How.ShouldBe("connect amqp://***@10.0.0.1");
        exhibit.Trouble.ShouldBe("cannot reach amqp://***@10.0.0.1");
    }

    [Fact]
    public void An_answer_differs_from_a_refusal_and_from_silence()
    {
        Plain.IsAnswer.ShouldBeTrue();
        (Plain with { ExitStatus = 0, HttpStatus = 204 }).IsAnswer.ShouldBeTrue();
        (Plain with { ExitStatus = 1 }).IsAnswer.ShouldBeFalse();
        (Plain with { HttpStatus = 403 }).IsAnswer.ShouldBeFalse();
        (Plain with { HttpStatus = 403 }).IsDead.ShouldBeFalse();
        (Plain with { HttpStatus = 502 }).IsDead.ShouldBeTrue();
        (Plain with { Trouble = "no", TroubleKind = ErrorKind.NotFound }).IsDead.ShouldBeFalse();
        (Plain with { Trouble = "no", TroubleKind = ErrorKind.Timeout }).IsDead.ShouldBeTrue();
    }

    [Fact]
    public void The_catalog_names_each_exhibit_once_with_its_source()
    {
        ExhibitCatalog.All.Select(r => r.Id).ShouldBeUnique();
        ExhibitCatalog.All.ShouldAllBe(r => r.How.Length > 0 && r.Format.Length > 0 && ExhibitIds.IsValid(r.Id));
    }

    [Fact]
    public void The_catalog_has_every_exhibit_of_a_healthy_host()
    {
        var known = ExhibitCatalog.All.Select(r => r.Id.Split(':')[0]).ToHashSet();

        new Scene().Bundle.Exhibits.Select(e => e.Id.Split(':')[0]).Where(p => !known.Contains(p)).ShouldBeEmpty();
    }
}
