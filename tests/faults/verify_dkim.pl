# Verifies the DKIM signature of the mail on standard input by Debian's Mail::DKIM (libmail-dkim-perl), which shares no code with ours.
# Arguments: name and text of the one TXT record that the DNS has. Prints the result, such as "pass".
use strict;
use warnings;
use Mail::DKIM::DNS;
use Mail::DKIM::Verifier;
use Net::DNS;

package OneRecord;

sub new { my ($class, $name, $text) = @_; return bless { name => $name, text => $text }, $class; }

sub send {
    my ($self, $name, $type) = @_;
    my $packet = Net::DNS::Packet->new($name, $type);
    if ($type eq "TXT" && lc $name eq $self->{name}) {
        my @strings = $self->{text} =~ /(.{1,255})/g;
        $packet->push(answer => Net::DNS::RR->new(owner => $name, type => "TXT", txtdata => \@strings));
    }
    else {
        $packet->header->rcode("NXDOMAIN");
    }
    return $packet;
}

sub errorstring { return "NOERROR"; }

package main;

my ($name, $text) = @ARGV;
Mail::DKIM::DNS::resolver(OneRecord->new($name, $text));
my $verifier = Mail::DKIM::Verifier->new();
binmode STDIN;
while (my $line = <STDIN>) {
    $verifier->PRINT($line);
}
$verifier->CLOSE();
print $verifier->result, "\n";
